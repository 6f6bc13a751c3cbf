/**
 * Tensors as nested arrays and plain numbers, for references written as loops.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { tensor } from '@tensorflow/tfjs-core'
import { check, Rng } from '@winnow/core'

/** Standard normal numbers of this shape from a seed. */
export function normal(shape: readonly number[], seed = 1): Tensor {
  return new Rng(seed).normal(shape)
}

/** The numbers of a tensor, row-major. */
export function valuesOf(x: Tensor): number[] {
  return Array.from(x.dataSync())
}

/** Reads an entry of a tensor by its indices; zero outside, as padding has it. */
export function reader(x: Tensor): (...indices: number[]) => number {
  const values = valuesOf(x)
  return (...indices) => {
    let offset = 0
    for (const [axis, index] of indices.entries()) {
      const size = x.shape[axis] as number
      if (index < 0 || index >= size) return 0
      offset = offset * size + index
    }
    return values[offset] as number
  }
}

/** A tensor whose entries are a function of their indices. */
export function tabulate(
  shape: readonly number[],
  entry: (...indices: number[]) => number,
): Tensor {
  const size = shape.reduce((a, b) => a * b, 1)
  const values = Array.from({ length: size }, (_, flat) => {
    const indices: number[] = []
    let rest = flat
    for (const extent of [...shape].reverse()) {
      indices.unshift(rest % extent)
      rest = Math.floor(rest / extent)
    }
    return entry(...indices)
  })
  return tensor(values, [...shape], 'float32')
}

/** Sum of `term(i)` for i below `count`. */
export function sumOf(count: number, term: (i: number) => number): number {
  let total = 0
  for (let i = 0; i < count; i++) total += term(i)
  return total
}

/** Throws unless the shapes are equal and no entry differs by more than `tolerance` times the largest entry, or one. */
export function expectClose(actual: Tensor, expected: Tensor, tolerance = 1e-5): void {
  check(
    actual.shape.join() === expected.shape.join(),
    () => `expectClose: shape [${actual.shape}] came, expected [${expected.shape}]`,
  )
  const [a, b] = [valuesOf(actual), valuesOf(expected)]
  const scale = b.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)
  a.forEach((value, i) => {
    const difference = Math.abs(value - (b[i] as number)) / scale
    check(difference <= tolerance, () => `expectClose: entry ${i}: ${value} came, expected ${b[i]}`)
  })
}
