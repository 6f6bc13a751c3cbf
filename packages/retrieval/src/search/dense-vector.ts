/**
 * Vectors as an index keeps them.
 */
import { check, unknownName } from '@winnow/core'

/** How near two vectors are: their product, or that of their directions. */
export type Similarity = 'dot' | 'cosine'

/** What dense indexes need to know of their vectors. */
export interface VectorConfig {
  /** Values of a vector. */
  readonly width: number
  /** 'dot' by default. For 'cosine' vectors are kept at length 1; a vector of zeros has similarity 0 to all. */
  readonly similarity?: Similarity
}

/** @throws WinnowError when it describes no vectors */
export function checkVectors(what: string, config: VectorConfig): Required<VectorConfig> {
  const { width, similarity = 'dot' } = config
  check(
    Number.isSafeInteger(width) && width >= 1 && width < 2 ** 20,
    () => `${what}: width: ${width} came, expected a whole number >= 1`,
  )
  if (similarity !== 'dot' && similarity !== 'cosine') {
    throw unknownName(`${what}: similarity`, String(similarity), ['dot', 'cosine'])
  }
  return { width, similarity }
}

/** A vector as it is kept or asked for. @throws WinnowError when it is not `width` finite numbers */
export function vectorOf(
  what: string,
  vector: ArrayLike<number>,
  { width, similarity }: Required<VectorConfig>,
): Float32Array {
  check(
    vector?.length === width,
    () => `${what}: a vector of ${vector?.length} values came, expected ${width}`,
  )
  const values = Float32Array.from(vector)
  let squares = 0
  for (const [i, value] of values.entries()) {
    check(
      Number.isFinite(value),
      () => `${what}: the value ${vector[i]} came at ${i}, expected numbers`,
    )
    squares += value * value
  }
  if (similarity === 'dot' || squares === 0) return values
  const scale = 1 / Math.sqrt(squares)
  return values.map((value) => value * scale)
}
