/**
 * Stochastic depth, also "drop path" (Huang, Sun, Liu, Sedra and Weinberger, 2016): while training, a residual branch is
 * left out for whole examples with probability `rate` and divided by 1 - rate for the others, so that inference needs no
 * scaling.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { mul } from '@tensorflow/tfjs-core'
import { type Context, check, Module } from '@winnow/core'
import { checkRate } from './dropout.ts'
import type { Layer } from './layer.ts'

/** See {@link DropPath}. */
export interface DropPathConfig {
  /** Probability of leaving an example's branch out, in [0, 1). */
  readonly rate: number
}

/** `[batch, ...]` to the same shape; does nothing without a context, in validation, or at rate 0. */
export class DropPath extends Module implements Layer {
  readonly config: DropPathConfig

  constructor(config: DropPathConfig) {
    super()
    checkRate('DropPath: rate', config.rate)
    this.config = config
  }

  /** The branch before it is added. Draws one number an example from `context.rng` while training. */
  forward(x: Tensor, context?: Context): Tensor {
    const { rate } = this.config
    if (context?.training !== true || rate === 0) return x
    check(x.rank >= 1, () => 'DropPath: a scalar came, expected [batch, ...]')
    const shape = x.shape.map((size, axis) => (axis === 0 ? size : 1))
    const kept = context.rng.bernoulli(shape, 1 - rate)
    return mul(x, mul(kept, 1 / (1 - rate)))
  }
}
