/**
 * Arrays of weights on the host, and how other libraries' layouts become Winnow's: transposed, cut apart, axes dropped.
 */
import { type CheckpointData, type CheckpointTensor, check } from '@winnow/core'
import { type Shape, sizeOf } from '../shape.ts'

/** Numbers in row-major order. */
export interface WeightArray {
  readonly shape: Shape
  readonly data: Exclude<CheckpointData, BigInt64Array>
}

/** Makes one array of a file into those of a module. @throws WinnowError when the array has another shape than it can use */
export type WeightConversion = (array: WeightArray) => readonly WeightArray[]

/** A file's tensor as numbers; 64-bit integers become floating-point ones. */
export function weightArray({ shape, data }: CheckpointTensor): WeightArray {
  return { shape, data: data instanceof BigInt64Array ? Float64Array.from(data, Number) : data }
}

/** Leaves an array as it is. */
export const unchanged: WeightConversion = (array) => [array]

/** A matrix `[outputs, inputs]`, as PyTorch's Linear has it, to `[inputs, outputs]`. */
export const transposed: WeightConversion = (array) => {
  checkRank(array, 2, '[outputs, inputs]')
  return [permuted(array, [1, 0])]
}

/**
 * A convolution's kernel that does not overlap, `[outputs, channels, ...space]` as PyTorch has it, to a matrix
 * `[values, outputs]` over patches whose values are in (row, column, channel) order: see {@link patchify}.
 */
export const patchKernel: WeightConversion = (array) => {
  const { shape } = array
  check(
    shape.length >= 3 && shape.length <= 5,
    () => `a shape of [${shape}] came, expected [outputs, channels, ...space]`,
  )
  const space = shape.slice(2).map((_, axis) => axis + 2)
  const outputs = shape[0] as number
  const { data } = permuted(array, [...space, 1, 0])
  return [{ shape: [data.length / outputs, outputs], data }]
}

/** Drops as many leading axes, each of size 1: `[1, tokens, features]` to `[tokens, features]`. */
export function withoutAxes(count: number): WeightConversion {
  return ({ shape, data }) => {
    check(
      shape.length > count && shape.slice(0, count).every((size) => size === 1),
      () => `a shape of [${shape}] came, expected it to begin with [${Array(count).fill(1)}]`,
    )
    return [{ shape: shape.slice(count), data }]
  }
}

/** Cuts an axis in equal parts, each of which `convert` makes into one array. */
export function parts(
  count: number,
  axis: number,
  convert: WeightConversion = unchanged,
): WeightConversion {
  return ({ shape, data }) => {
    const size = shape[axis] ?? 0
    check(
      size > 0 && size % count === 0,
      () => `a shape of [${shape}] came, expected axis ${axis} to be divisible by ${count}`,
    )
    const inner = (size / count) * sizeOf(shape.slice(axis + 1))
    const outer = sizeOf(shape.slice(0, axis))
    const partShape = shape.map((extent, i) => (i === axis ? extent / count : extent))
    return Array.from({ length: count }, (_, part) => {
      const values = data.slice(0, outer * inner)
      for (let row = 0; row < outer; row++) {
        const from = (row * count + part) * inner
        values.set(data.subarray(from, from + inner), row * inner)
      }
      return convert({ shape: partShape, data: values })
    }).flat()
  }
}

function checkRank({ shape }: WeightArray, rank: number, expected: string): void {
  check(shape.length === rank, () => `a shape of [${shape}] came, expected ${expected}`)
}

/** Axis `i` of the result is axis `order[i]` of the array. */
function permuted({ shape, data }: WeightArray, order: readonly number[]): WeightArray {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
  const outShape = order.map((axis) => shape[axis] as number)
  const steps = order.map((axis) => strides[axis] as number)
  const values = data.slice()
  const index = outShape.map(() => 0)
  let from = 0
  for (let to = 0; to < values.length; to++) {
    values[to] = data[from] as number
    // One step on in the result, the last axis first.
    for (let axis = outShape.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number
      index[axis] = (index[axis] as number) + 1
      if ((index[axis] as number) < (outShape[axis] as number)) break
      from -= (steps[axis] as number) * (outShape[axis] as number)
      index[axis] = 0
    }
  }
  return { shape: outShape, data: values }
}
