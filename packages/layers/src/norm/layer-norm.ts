/**
 * Layer normalisation (Ba, Kiros and Hinton, 2016): y = (x - mean) / sqrt(variance + epsilon) * weight + bias, the
 * moments being those of one token's features.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { ones, zeros } from '@tensorflow/tfjs-core'
import { layerNorm, Module, Parameter } from '@winnow/core'
import type { Layer } from '../layer.ts'
import { checkCount, checkLastAxis } from '../shape.ts'
import { checkEpsilon } from './standardise.ts'

/** See {@link LayerNorm}. */
export interface LayerNormConfig {
  /** Size of the last axis. */
  readonly features: number
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number
  /** Whether to multiply by `weight`; true by default. */
  readonly weight?: boolean
  /** Whether to add `bias`; true by default. */
  readonly bias?: boolean
}

/** `[batch, ..., features]` to the same shape. Slots: `weight` and `bias`, both `[features]`, ones and zeros at first. */
export class LayerNorm extends Module implements Layer {
  readonly config: LayerNormConfig
  readonly weight: Parameter | undefined
  readonly bias: Parameter | undefined

  constructor(config: LayerNormConfig) {
    super()
    const { features, epsilon = 1e-5, weight = true, bias = true } = config
    checkCount('LayerNorm: features', features)
    checkEpsilon('LayerNorm', epsilon)
    this.config = config
    this.weight = weight ? new Parameter(ones([features])) : undefined
    this.bias = bias ? new Parameter(zeros([features])) : undefined
  }

  /** @throws WinnowError when the last axis of `x` is not `features` long */
  forward(x: Tensor): Tensor {
    const { features, epsilon = 1e-5 } = this.config
    checkLastAxis('LayerNorm', x, features)
    return layerNorm(x, { weight: this.weight?.value, bias: this.bias?.value, epsilon })
  }
}
