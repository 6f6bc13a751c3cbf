/**
 * The Kullback-Leibler divergence of posterior and prior, the second term of the ELBO (Kingma and Welling, 2013).
 *
 * In closed form where the prior has one for the posterior's family; else estimated from the draws that the decoder
 * sees: `KL(q || p) = E_q[log q(z) - log p(z)]`, unbiased, of either sign.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { mean, sub, sum } from '@tensorflow/tfjs-core'
import type { Distribution, Prior } from '../distribution/distribution.ts'
import { check } from '../error.ts'
import type { Divergence, DivergenceResult } from './divergence.ts'

/** KL(posterior || prior), `[batch]` nats; `perDimension` where there is a closed form. */
export function kl(): Divergence {
  return (posterior, prior, z) => {
    const closedForm = prior.closedFormKl?.(posterior)
    return closedForm === undefined
      ? { value: monteCarloKl(posterior, prior, z) }
      : summarise(closedForm)
  }
}

/** KL(posterior || prior) from draws even where a closed form exists: `[batch]` nats. */
export function sampledKl(): Divergence {
  return (posterior, prior, z) => ({ value: monteCarloKl(posterior, prior, z) })
}

/**
 * `log q(z) - log p(z)`, averaged over the draws.
 *
 * @param z draws of `posterior`, `[batch, dim]` or `[samples, batch, dim]`
 * @returns `[batch]` nats
 */
export function monteCarloKl(
  posterior: Distribution,
  prior: Pick<Prior, 'logProbability'>,
  z: Tensor,
): Tensor {
  const extra = z.rank - posterior.mean.rank
  check(
    extra === 0 || extra === 1,
    () =>
      `monteCarloKl: z of shape [${z.shape}] came, expected [${posterior.mean.shape}], or that with samples in front`,
  )
  const logRatio = sub(posterior.logProbability(z), prior.logProbability(z))
  return extra === 0 ? logRatio : mean(logRatio, 0)
}

function summarise(perElement: Tensor): DivergenceResult {
  return { value: sum(perElement, -1), perDimension: mean(perElement, 0) }
}
