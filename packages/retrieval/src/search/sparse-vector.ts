/**
 * Vectors of which few dimensions are not zero.
 */
import { check } from '@winnow/core'

/** The dimensions that are not zero, and their weights, side by side. */
export interface SparseVector {
  /** Whole numbers >= 0, each once, in any order. */
  readonly indices: ArrayLike<number>
  /** Finite; zeros count as absent. */
  readonly values: ArrayLike<number>
}

/** The dimensions and weights of a vector, zeros left out. @throws WinnowError when it is none */
export function* sparseEntries(
  what: string,
  vector: SparseVector,
): Generator<readonly [dimension: number, weight: number]> {
  const { indices, values } = vector
  check(
    indices?.length !== undefined && indices.length === values?.length,
    () => `${what}: ${indices?.length} indices and ${values?.length} values came, expected as many`,
  )
  const seen = new Set<number>()
  for (let i = 0; i < indices.length; i++) {
    const dimension = indices[i] as number
    const weight = values[i] as number
    check(
      Number.isSafeInteger(dimension) && dimension >= 0 && dimension < 2 ** 31 - 1,
      () => `${what}: the index ${dimension} came, expected a whole number >= 0`,
    )
    check(!seen.has(dimension), () => `${what}: the index ${dimension} came twice`)
    check(
      Number.isFinite(weight),
      () => `${what}: the value ${weight} came at index ${dimension}, expected a number`,
    )
    seen.add(dimension)
    if (weight !== 0) yield [dimension, weight]
  }
}
