/**
 * Drawing a token from logits: at a temperature, from the `topK` most likely (Fan, Lewis and Dauphin, 2018), or from the
 * fewest that together have the probability `topP` (Holtzman et al., 2019).
 */
import { check, type Rng } from '@winnow/core'

/** How a token is drawn. */
export interface SampleOptions {
  /** What logits are divided by: 1 by default, 0 takes the most likely token. */
  readonly temperature?: number
  /** Only so many of the most likely tokens; all by default. */
  readonly topK?: number
  /** Only the fewest tokens of at least this probability together, in (0, 1]; 1 by default. */
  readonly topP?: number
}

/**
 * A token drawn by one number of `rng`; none is used at temperature 0. Of equal logits the lower id comes first.
 *
 * @param logits `[vocabulary]`
 * @throws WinnowError for options out of range, and logits that are not numbers
 */
export function sampleLogits(
  logits: ArrayLike<number>,
  rng: Rng,
  options: SampleOptions = {},
): number {
  const { temperature = 1, topK = logits.length, topP = 1 } = options
  check(
    temperature >= 0 && Number.isFinite(temperature),
    () => `generate: temperature: ${temperature} came, expected a number >= 0`,
  )
  check(
    Number.isSafeInteger(topK) && topK >= 1,
    () => `generate: topK: ${topK} came, expected a whole number >= 1`,
  )
  check(topP > 0 && topP <= 1, () => `generate: topP: ${topP} came, expected a number in (0, 1]`)
  const best = argMax(logits)
  if (temperature === 0 || topK === 1) return best
  const peak = logits[best] as number
  // The most likely first, where that matters: else the order of the ids will do.
  const ids = Array.from(logits, (_, id) => id)
  if (topK < logits.length || topP < 1) {
    ids.sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b)
    ids.length = Math.min(topK, ids.length)
  }
  const weights = ids.map((id) => Math.exp(((logits[id] as number) - peak) / temperature))
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  let kept = 0
  let count = 0
  while (count < weights.length && (topP === 1 || count === 0 || kept < topP * all)) {
    kept += weights[count++] as number
  }
  let left = rng.number() * kept
  for (let i = 0; i < count; i++) {
    left -= weights[i] as number
    if (left < 0) return ids[i] as number
  }
  // Rounding may leave a crumb.
  return ids[count - 1] as number
}

function argMax(logits: ArrayLike<number>): number {
  let best = 0
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i] as number
    check(
      !Number.isNaN(logit) && logit !== Number.POSITIVE_INFINITY,
      () => `generate: the logit of token ${i} is ${logit}, expected finite numbers`,
    )
    if (logit > (logits[best] as number)) best = i
  }
  return best
}
