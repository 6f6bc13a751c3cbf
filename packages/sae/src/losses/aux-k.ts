/**
 * AuxK (Gao et al., 2024, appendix A.2): dead latents are trained to rebuild what the living ones left over.
 *
 *     e = x - xhat,  ehat = decoder(relu(TopK_aux(z among dead latents))),  loss = weight |e - ehat|^2 / |e - mean e|^2
 *
 * Nothing flows back to xhat, and nothing to latents that live. It is 0 where none is dead, or the error is constant.
 */
import { any, cast, div, greater, mean, mul, square, sub, where } from '@tensorflow/tfjs-core'
import { stopGradient } from '@winnow/core'
import { checkCount, checkFields, checkWeight, type PartPlace, type PartSpec } from '../parts.ts'
import type { AddedLoss } from './loss.ts'

/** Options of {@link auxK}. */
export interface AuxKOptions {
  /** How many dead latents may help in each example; by default half as many as there are inputs. */
  readonly k?: number
  /** 1/32 by default. */
  readonly weight?: number
}

/** {@link auxK} as plain JSON. */
export interface AuxKSpec extends PartSpec, AuxKOptions {
  readonly kind: 'auxK'
}

/** Trains dead latents on what is left over. When a latent is dead is for the autoencoder to say: `deadAfter`. */
export function auxK(options: AuxKOptions = {}): AuxKSpec {
  return { kind: 'auxK', ...options }
}

/** @throws WinnowError unless 1 <= k <= latents and weight >= 0 */
export function buildAuxK(spec: AuxKSpec, { inputs, latents }: PartPlace): AddedLoss {
  checkFields(spec, ['k', 'weight'])
  const { k = Math.min(latents, Math.max(1, Math.floor(inputs / 2))), weight = 1 / 32 } = spec
  checkCount('auxK: k', k, latents)
  checkWeight('auxK: weight', weight)
  return ({ x, reconstruction, encoding, dead }) => {
    const error = stopGradient(sub(x, reconstruction))
    const rebuilt = encoding.largest(k, dead).decode()
    const spread = mean(square(sub(error, mean(error, 0, true))))
    const meant = cast(any(dead), 'float32')
    const measured = greater(spread, 0)
    const share = div(mean(square(sub(rebuilt, error))), where(measured, spread, 1))
    return mul(mul(share, mul(meant, cast(measured, 'float32'))), weight)
  }
}
