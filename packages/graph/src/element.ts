/**
 * Element types of graph values: tfjs's three numeric dtypes, and those that ONNX needs inside a graph.
 */
import type { DataType } from '@tensorflow/tfjs-core'
import { WinnowError } from '@winnow/core'

/** The type of a graph value's elements. */
export type ElementType =
  | 'float32'
  | 'int32'
  | 'bool'
  | 'int64'
  | 'uint8'
  | 'uint32'
  | 'uint64'
  | 'float64'
  | 'float16'

/** Row-major values on the host. Booleans are bytes, float16 are its bits. */
export type HostArray =
  | Float32Array
  | Int32Array
  | Uint8Array
  | BigInt64Array
  | Uint32Array
  | BigUint64Array
  | Float64Array
  | Uint16Array

/** ONNX's TensorProto.DataType. */
export const elementCode: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
}

const elementBytes: Readonly<Record<ElementType, number>> = {
  float32: 4,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  uint32: 4,
  uint64: 8,
}

/** Bytes of a dense tensor. */
export function byteLength(shape: readonly number[], type: ElementType): number {
  return sizeOf(shape) * elementBytes[type]
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1
  for (const dimension of shape) size *= dimension
  return size
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis])
}

/** The element type of a tfjs dtype. @throws WinnowError for strings and complex numbers */
export function elementType(dtype: DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype
  throw new WinnowError(`dtype: '${dtype}' cannot enter a graph; expected float32, int32 or bool`)
}

/** The tfjs dtype of an element type that a tensor may have. */
export function dataType(type: ElementType): 'float32' | 'int32' | 'bool' {
  if (type === 'float32' || type === 'int32' || type === 'bool') return type
  throw new WinnowError(`a value of type ${type} cannot leave a graph as a tensor; cast it first`)
}

/** A zero-filled array of the right kind. */
export function hostArray(type: ElementType, size: number): HostArray {
  switch (type) {
    case 'float32':
      return new Float32Array(size)
    case 'int32':
      return new Int32Array(size)
    case 'bool':
    case 'uint8':
      return new Uint8Array(size)
    case 'int64':
      return new BigInt64Array(size)
    case 'uint32':
      return new Uint32Array(size)
    case 'uint64':
      return new BigUint64Array(size)
    case 'float64':
      return new Float64Array(size)
    case 'float16':
      return new Uint16Array(size)
  }
}

/** An array filled with one value. */
export function filledArray(type: ElementType, size: number, value: number): HostArray {
  const array = hostArray(type, size)
  if (value === 0 && !Object.is(value, -0)) return array
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
    return array.fill(BigInt(value))
  }
  return array.fill(value)
}
