/**
 * What pulls the codes of an autoencoder towards its prior, as one interchangeable function.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Distribution, Prior } from '../distribution/distribution.ts'
import { WinnowError } from '../error.ts'
import type { Rng } from '../rng.ts'

/** The value of a {@link Divergence}. */
export interface DivergenceResult {
  /** `[batch]` where every example has a divergence of its own, a scalar where only the batch has one. */
  readonly value: Tensor
  /** `[dim]`, averaged over the batch, where the divergence splits by latent dimension. */
  readonly perDimension?: Tensor
}

/**
 * How far the codes are from the prior: KL in nats, others in their own units. An estimate by samples may be negative.
 *
 * @param posterior over `[batch, dim]`
 * @param z a draw of the posterior, `[batch, dim]`, or several, `[samples, batch, dim]`
 * @param rng for divergences that draw (from the prior, or directions)
 */
export type Divergence = (
  posterior: Distribution,
  prior: Prior,
  z: Tensor,
  rng?: Rng,
) => DivergenceResult

/** The generator that `divergence` was given, or an error that asks for it. */
export function requireRng(divergence: string, rng: Rng | undefined): Rng {
  if (rng === undefined) {
    throw new WinnowError(`${divergence}: rng is missing; it draws random numbers, pass a Rng`)
  }
  return rng
}
