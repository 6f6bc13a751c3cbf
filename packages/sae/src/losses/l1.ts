/**
 * The L1 penalty (Olshausen and Field, 1996; for dictionaries of activations Cunningham et al. and Bricken et al., 2023).
 *
 *     loss = weight sum_j f_j / r,   r = root mean square distance of the data from their mean
 *
 * The unit r makes a weight mean the same whatever the scale of the data. It needs decoder rows of unit norm: otherwise
 * codes shrink and the decoder grows.
 */
import { mean, mul, scalar, sqrt } from '@tensorflow/tfjs-core'
import { checkFields, checkWeight, type PartPlace, type PartSpec } from '../parts.ts'
import type { AddedLoss } from './loss.ts'

/** Options of {@link l1}. */
export interface L1Options {
  /** A schedule named `l1` given to `fit` wins. */
  readonly weight: number
}

/** {@link l1} as plain JSON. */
export interface L1Spec extends PartSpec, L1Options {
  readonly kind: 'l1'
}

/** Pulls the values of the code to 0. */
export function l1(options: L1Options): L1Spec {
  return { kind: 'l1', ...options }
}

/** @throws WinnowError unless weight >= 0 */
export function buildL1(spec: L1Spec, { inputs }: PartPlace): AddedLoss {
  checkFields(spec, ['weight'])
  checkWeight('l1: weight', spec.weight)
  return ({ encoding, lossScale, context }) => {
    const weight = context.scalars['l1'] ?? scalar(spec.weight)
    const unit = mul(sqrt(lossScale), 1 / Math.sqrt(inputs))
    return mul(mul(mean(encoding.code.total()), unit), weight)
  }
}
