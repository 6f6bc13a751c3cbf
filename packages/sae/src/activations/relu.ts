/** The rectifier: f = max(z, 0). With an L1 penalty, the sparse autoencoder of Bricken et al. (2023) and before. */
import { relu as rectified } from '@tensorflow/tfjs-core'
import { checkFields, type PartSpec } from '../parts.ts'
import type { Activation } from './activation.ts'

/** {@link relu} as plain JSON. */
export interface ReluSpec extends PartSpec {
  readonly kind: 'relu'
}

/** Keeps every positive preactivation. */
export function relu(): ReluSpec {
  return { kind: 'relu' }
}

/** @throws WinnowError on an unknown field */
export function buildRelu(spec: ReluSpec): Activation {
  checkFields(spec, [])
  return { forward: (preactivations) => rectified(preactivations) }
}
