/**
 * The likelihood of data by importance sampling from the posterior (Rezende et al. 2014; Burda et al. 2015):
 *
 *     log p(x) ~ log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x),   z_k ~ q(z|x)
 *
 * A lower bound in expectation, tighter with more samples; exact when q is the true posterior.
 */

import type { Tensor } from '@tensorflow/tfjs-core'
import { add, concat, reshape, sub, tidy, tile } from '@tensorflow/tfjs-core'
import { check, compile, importanceWeightedBound, type Rng } from '@winnow/core'
import type { VAE } from './vae.ts'

/** Options of {@link logLikelihood}. */
export interface LogLikelihoodOptions {
  /** Draws for each example; the more the tighter. */
  readonly samples: number
  readonly rng: Rng
  /** Draws for each example in memory at a time; 50 by default. */
  readonly chunk?: number
}

/**
 * @param x `[batch, ...input]`
 * @returns `[batch]` nats
 */
export async function logLikelihood(
  model: VAE,
  x: Tensor,
  options: LogLikelihoodOptions,
): Promise<Tensor> {
  const { samples, rng, chunk = 50 } = options
  check(
    Number.isInteger(samples) && samples >= 1,
    () => `logLikelihood: samples: ${samples} came, expected a whole number >= 1`,
  )
  using weigh = compile(
    (data: Tensor, stream: Rng, count: number) => logWeights(model, data, stream, count),
    { modules: [model] },
  )
  const parts: Tensor[] = []
  for (let done = 0; done < samples; done += chunk) {
    parts.push(await weigh(x, rng, Math.min(chunk, samples - done)))
  }
  const bound = tidy(() => importanceWeightedBound(concat(parts, 0)))
  for (const part of parts) part.dispose()
  return bound
}

/**
 * Logarithms of the importance weights of `count` draws of the posterior.
 *
 * @param x `[batch, ...input]`
 * @returns `[count, batch]` nats
 */
export function logWeights(model: VAE, x: Tensor, rng: Rng, count: number): Tensor {
  const { likelihood, prior } = model.choices
  const batch = x.shape[0] as number
  const posterior = model.encode(x)
  const z = posterior.sample(rng, { samples: count }) // [count, batch, latent]
  const outputs = model.decode(reshape(z, [count * batch, model.config.latent]))
  const repeated = tile(x, [count, ...x.shape.slice(1).map(() => 1)]) // sample-major, as the codes are
  const logLikelihoods = reshape(likelihood.logProbability(repeated, outputs), [count, batch])
  return sub(add(logLikelihoods, prior.logProbability(z)), posterior.logProbability(z))
}
