/**
 * Group normalisation (Wu and He, 2018): y = (x - mean) / sqrt(variance + epsilon) * weight + bias, the moments being
 * those of a group of channels over all positions of one example. One group: layer norm of a map; a channel each: instance norm.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, mul, ones, reshape, zeros } from '@tensorflow/tfjs-core'
import { check, Module, Parameter } from '@winnow/core'
import type { Layer } from '../layer.ts'
import { checkCount, checkLastAxis, sizeOf } from '../shape.ts'
import { checkEpsilon, standardise } from './standardise.ts'

/** See {@link GroupNorm}. */
export interface GroupNormConfig {
  /** Size of the last axis. */
  readonly features: number
  /** How many groups the features fall into, each of neighbours; must divide `features`. */
  readonly groups: number
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number
}

/** `[batch, ..., features]` to the same shape. Slots: `weight` and `bias`, both `[features]`, ones and zeros at first. */
export class GroupNorm extends Module implements Layer {
  readonly config: GroupNormConfig
  readonly weight: Parameter
  readonly bias: Parameter

  constructor(config: GroupNormConfig) {
    super()
    const { features, groups, epsilon = 1e-5 } = config
    checkCount('GroupNorm: features', features)
    checkCount('GroupNorm: groups', groups)
    checkEpsilon('GroupNorm', epsilon)
    check(
      features % groups === 0,
      () => `GroupNorm: ${groups} groups came for ${features} features, expected a divisor`,
    )
    this.config = config
    this.weight = new Parameter(ones([features]))
    this.bias = new Parameter(zeros([features]))
  }

  /** @throws WinnowError when the last axis of `x` is not `features` long */
  forward(x: Tensor): Tensor {
    const { features, groups, epsilon = 1e-5 } = this.config
    checkLastAxis('GroupNorm', x, features)
    const batch = x.shape[0] as number
    const positions = sizeOf(x.shape.slice(1, -1))
    // [batch, positions, groups, features / groups]
    const grouped = reshape(x, [batch, positions, groups, features / groups])
    const y = reshape(standardise(grouped, [1, 3], epsilon), x.shape)
    return add(mul(y, this.weight.value), this.bias.value)
  }
}
