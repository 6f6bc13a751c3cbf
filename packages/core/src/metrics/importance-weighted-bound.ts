/**
 * The importance-weighted bound (Burda, Grosse and Salakhutdinov, 2015).
 *
 *     L_k = log 1/k sum_j w_j,   log w_j = log p(x | z_j) + log p(z_j) - log q(z_j | x),   z_j ~ q(z | x)
 *
 * It rises with k towards log p(x); `k = 1` is the ELBO, and with k in the thousands it is the usual estimate of the
 * test likelihood. Always state k with the number.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, exp, log, max, mean, squeeze, sub } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import { withoutGradient } from '../gradients/stop-gradient.ts'

/**
 * `log(mean(exp(x)))` along an axis, without overflow. The gradient is `softmax(x)` along it.
 *
 * @param x any shape, finite
 * @returns the shape of `x` without `axis`
 */
export function logMeanExp(x: Tensor, axis: number): Tensor {
  // The shift cancels, so it needs no gradient.
  const highest = withoutGradient(() => max(x, axis, true))
  const shifted = log(mean(exp(sub(x, highest)), axis))
  return add(shifted, squeeze(highest, [axis < 0 ? axis + x.rank : axis]))
}

/**
 * @param logWeights nats, `[k, batch]`: the sampled `log p(x, z) - log q(z | x)`, never an analytic KL
 * @returns `[batch]` nats: the mean over the batch is to be maximised
 * @throws WinnowError for another rank
 */
export function importanceWeightedBound(logWeights: Tensor): Tensor {
  check(
    logWeights.rank === 2,
    () =>
      `importanceWeightedBound: logWeights of shape [${logWeights.shape}] came, expected [k, batch]`,
  )
  return logMeanExp(logWeights, 0)
}
