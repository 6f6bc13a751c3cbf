/**
 * Effective rank (Roy and Vetterli, 2007): the exponential of the entropy of the normalised singular values.
 *
 *     erank(A) = exp(-sum_i p_i log p_i),   p_i = sigma_i / sum_j sigma_j
 *
 * Of a matrix of features it is RankMe (Garrido et al., 2023), less the 1e-7 added to each p_i there.
 */
import { check } from '../error.ts'
import { singularValues } from '../linalg/singular-values.ts'
import { checkFeatures, type Features } from '../probe/features.ts'

/** Options of {@link effectiveRank}. */
export interface EffectiveRankOptions {
  /** Whether the mean of each feature is taken off first; false by default, as in both papers. */
  readonly centre?: boolean
}

/**
 * How many directions features use, between 1 and min(items, features): collapse shows as a low number. It grows with
 * the number of items until there are many times as many as features, so compare at equal numbers.
 *
 * @throws WinnowError for features that are not finite, or all zero
 */
export function effectiveRank(from: Features, options: EffectiveRankOptions = {}): number {
  checkFeatures('effectiveRank', from)
  const { features, shape } = from
  const values = singularValues(options.centre ? centred(features, shape) : features, shape)
  const total = values.reduce((sum, value) => sum + value, 0)
  check(total > 0, () => 'effectiveRank: features that are all zero came, which have no rank')
  let entropy = 0
  for (const value of values) {
    const share = value / total
    if (share > 0) entropy -= share * Math.log(share)
  }
  return Math.exp(entropy)
}

function centred(
  features: Float32Array,
  [items, width]: readonly [items: number, width: number],
): Float64Array {
  const means = new Float64Array(width)
  for (const [i, value] of features.entries())
    means[i % width] = (means[i % width] as number) + value / items
  return Float64Array.from(features, (value, i) => value - (means[i % width] as number))
}
