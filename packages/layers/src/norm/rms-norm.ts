/**
 * Root mean square normalisation (Zhang and Sennrich, 2019): y = x / sqrt(mean(x^2) + epsilon) * weight.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { ones } from '@tensorflow/tfjs-core'
import { layerNorm, Module, Parameter } from '@winnow/core'
import type { Layer } from '../layer.ts'
import { checkCount, checkLastAxis } from '../shape.ts'
import { checkEpsilon } from './standardise.ts'

/** See {@link RMSNorm}. */
export interface RMSNormConfig {
  /** Size of the last axis. */
  readonly features: number
  /** Added to the mean square; 1e-6 by default. */
  readonly epsilon?: number
}

/** `[batch, ..., features]` to the same shape. Slots: `weight` `[features]`, ones at first. */
export class RMSNorm extends Module implements Layer {
  readonly config: RMSNormConfig
  readonly weight: Parameter

  constructor(config: RMSNormConfig) {
    super()
    const { features, epsilon = 1e-6 } = config
    checkCount('RMSNorm: features', features)
    checkEpsilon('RMSNorm', epsilon)
    this.config = config
    this.weight = new Parameter(ones([features]))
  }

  /** @throws WinnowError when the last axis of `x` is not `features` long */
  forward(x: Tensor): Tensor {
    const { features, epsilon = 1e-6 } = this.config
    checkLastAxis('RMSNorm', x, features)
    return layerNorm(x, { weight: this.weight.value, epsilon, centre: false })
  }
}
