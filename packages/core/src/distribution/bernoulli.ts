/**
 * The Bernoulli likelihood from logits, for black-and-white pictures.
 *
 *     log p(x) = sum_i x_i l_i - log(1 + exp(l_i))
 *
 * With grey values between 0 and 1 this is still the usual loss, but not a normalised likelihood (Loaiza-Ganem and
 * Cunningham, 2019): its nats cannot be compared with those of binary data. Binarise for that, with `binarise`.
 */
import { mul, sigmoid, softplus, step, sub } from '@tensorflow/tfjs-core'
import { checkOutputs, LIKELIHOOD_REDUCTION, type Likelihood, sumPerExample } from './likelihood.ts'
import { checkRange } from './value-range.ts'

/** Data in [0, 1]; the decoder gives one logit for each pixel. */
export function bernoulli(): Likelihood {
  const kind = { name: 'bernoulli', parameters: 1 } as const
  return {
    ...kind,
    range: [0, 1],
    reduction: LIKELIHOOD_REDUCTION,
    logProbability(x, logits) {
      checkOutputs(x, logits, kind)
      // Smooth everywhere, logits of exactly 0 included, unlike the form with relu and abs.
      return sumPerExample(sub(mul(x, logits), softplus(logits)))
    },
    mean: (logits) => sigmoid(logits),
    sample: (logits, rng) => step(sub(sigmoid(logits), rng.uniform(logits.shape))),
    checkRange: (values, name) =>
      checkRange(values, [0, 1], { argument: name, expectedBy: 'bernoulli()' }),
  }
}
