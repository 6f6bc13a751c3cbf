/**
 * JumpReLU (Erichson et al., 2019; for sparse autoencoders Rajamanoharan et al., 2024): preactivations above a threshold of
 * each latent's own.
 *
 *     f = z where z > threshold, else 0
 *
 * The thresholds are a State: kept as they are, since the step has no gradient. It is what trained models are read into.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { fill, greater, relu, where } from '@tensorflow/tfjs-core'
import { Module, State } from '@winnow/core'
import { checkFields, type PartPlace, type PartSpec } from '../parts.ts'
import type { Activation } from './activation.ts'

/** {@link jumpRelu} as plain JSON. */
export interface JumpReluSpec extends PartSpec {
  readonly kind: 'jumpRelu'
}

/** Keeps the preactivations above thresholds, which start at 0. */
export function jumpRelu(): JumpReluSpec {
  return { kind: 'jumpRelu' }
}

/** The activation with its slot. */
export class JumpRelu extends Module implements Activation {
  /** `[latents]`, >= 0. */
  readonly threshold: State

  constructor(latents: number) {
    super()
    this.threshold = new State(fill([latents], 0))
  }

  forward(preactivations: Tensor): Tensor {
    return where(greater(preactivations, this.threshold.value), relu(preactivations), 0)
  }
}

/** @throws WinnowError on an unknown field */
export function buildJumpRelu(spec: JumpReluSpec, { latents }: PartPlace): Activation {
  checkFields(spec, [])
  return new JumpRelu(latents)
}
