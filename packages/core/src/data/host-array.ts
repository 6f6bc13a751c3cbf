/**
 * Arrays on the host: what datasets hold and what their batches are made of, until a step turns them into tensors.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { tensor } from '@tensorflow/tfjs-core'
import { check, WinnowError } from '../error.ts'

/** What a dataset may hold. */
export type HostData = Float32Array | Int32Array | Uint8Array

/** What a file may hold. */
export type FileData =
  | HostData
  | Float64Array
  | BigInt64Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Uint32Array

/** The element type of {@link FileData} by name. */
export type FileDataType =
  | 'float32'
  | 'float64'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool'

/** Numbers in row-major order and their shape. */
export interface HostArray<D extends HostData = HostData> {
  readonly data: D
  readonly shape: readonly number[]
}

/** An array as it was in a file. */
export interface FileArray {
  readonly data: FileData
  readonly shape: readonly number[]
  readonly dtype: FileDataType
}

/**
 * A batch on the host: `inputs` of `[batch, ...item]`, and where there are any `labels` of `[batch]`, `weight` of
 * `[batch]` (1 for a true item, 0 for padding) and fields of the user's own. All have the batch as first axis.
 */
export interface HostBatch {
  readonly inputs: HostArray<Float32Array | Int32Array>
  readonly [field: string]: HostArray<Float32Array | Int32Array>
}

/** The product of the sizes in `shape`. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Throws a WinnowError unless `shape` is made of whole numbers and `data` has as many values. */
export function checkArray(
  argument: string,
  data: { readonly length: number },
  shape: readonly number[],
): void {
  check(
    shape.every((size) => Number.isInteger(size) && size >= 0),
    () => `${argument}: shape [${shape}] came, expected whole numbers >= 0`,
  )
  check(
    sizeOf(shape) === data.length,
    () =>
      `${argument}: ${data.length} values came with shape [${shape}], expected ${sizeOf(shape)} values`,
  )
}

/**
 * The array with an element type that a dataset holds: float64 becomes float32, whole numbers become int32.
 * @throws WinnowError when a whole number does not fit in int32
 */
export function toHostArray(argument: string, array: Pick<FileArray, 'data' | 'shape'>): HostArray {
  const { data, shape } = array
  checkArray(argument, data, shape)
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array) {
    return { data, shape }
  }
  if (data instanceof Float64Array) return { data: Float32Array.from(data), shape }
  if (data instanceof BigInt64Array || data instanceof Uint32Array) {
    const out = new Int32Array(data.length)
    for (let i = 0; i < out.length; i++) {
      out[i] = Number(data[i])
      check(
        out[i] === Number(data[i]),
        () => `${argument}: ${data[i]} at ${i} does not fit in int32, expected -2^31 to 2^31 - 1`,
      )
    }
    return { data: out, shape }
  }
  if (data instanceof Int8Array || data instanceof Int16Array || data instanceof Uint16Array) {
    return { data: Int32Array.from(data), shape }
  }
  throw new WinnowError(`${argument}: expected a typed array as data, ${typeof data} came`)
}

/**
 * A batch as tensors, owned by the caller: one tensor when the batch has `inputs` alone, else a record of them.
 * Copies nothing where the backend needs no copy.
 */
export function toTensors(batch: HostBatch): Tensor | { [field: string]: Tensor } {
  const fields = Object.entries(batch)
  if (fields.length === 1) return fieldTensor(batch.inputs)
  return Object.fromEntries(fields.map(([field, array]) => [field, fieldTensor(array)]))
}

function fieldTensor({ data, shape }: HostArray<Float32Array | Int32Array>): Tensor {
  return tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32')
}
