/**
 * Multi-TopK (Gao et al., 2024, section 4.2): the reconstruction from several times as many latents counts too, so that
 * the code stays good when another k is taken later.
 *
 *     loss = weight |x - xhat(factor k)|^2
 */
import { add, mean, mul, square, sub } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import { checkFields, checkWeight, type PartPlace, type PartSpec } from '../parts.ts'
import type { AddedLoss } from './loss.ts'

/** Options of {@link multiTopK}. */
export interface MultiTopKOptions {
  /** How many times the activation's k; 4 by default. At most all latents are taken. */
  readonly factor?: number
  /** 1/8 by default. */
  readonly weight?: number
}

/** {@link multiTopK} as plain JSON. */
export interface MultiTopKSpec extends PartSpec, MultiTopKOptions {
  readonly kind: 'multiTopK'
}

/** Adds the error of a wider code. For the activation `topK`. */
export function multiTopK(options: MultiTopKOptions = {}): MultiTopKSpec {
  return { kind: 'multiTopK', ...options }
}

/** @throws WinnowError when the activation has no `k`, and on options out of range */
export function buildMultiTopK(spec: MultiTopKSpec, { activation, latents }: PartPlace): AddedLoss {
  checkFields(spec, ['factor', 'weight'])
  const { factor = 4, weight = 1 / 8 } = spec
  const { k: own } = activation as { readonly k?: number }
  check(
    own !== undefined,
    () => `multiTopK: the activation '${activation.kind}' has no k, expected topK or one like it`,
  )
  check(
    Number.isFinite(factor) && factor > 1,
    () => `multiTopK: factor: ${factor} came, expected a number > 1`,
  )
  checkWeight('multiTopK: weight', weight)
  const k = Math.min(latents, Math.round(factor * own))
  return ({ x, encoding, bias, lossScale }) => {
    const rebuilt = add(encoding.largest(k).decode(), bias)
    return mul(mul(mean(square(sub(rebuilt, x))), lossScale), weight)
  }
}
