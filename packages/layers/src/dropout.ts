/**
 * Dropout (Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, 2014): while training, entries are zeroed with
 * probability `rate` and the others divided by 1 - rate, so that inference needs no scaling.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { mul } from '@tensorflow/tfjs-core'
import { type Context, check, Module } from '@winnow/core'
import type { Layer } from './layer.ts'

/** See {@link Dropout}. */
export interface DropoutConfig {
  /** Probability of zeroing an entry, in [0, 1). */
  readonly rate: number
}

/** Throws unless `rate` is in [0, 1). */
export function checkRate(argument: string, rate: number): void {
  check(rate >= 0 && rate < 1, () => `${argument}: ${rate} came, expected a number in [0, 1)`)
}

/** Any shape to the same shape; does nothing without a context, in validation, or at rate 0. */
export class Dropout extends Module implements Layer {
  readonly config: DropoutConfig

  constructor(config: DropoutConfig) {
    super()
    checkRate('Dropout: rate', config.rate)
    this.config = config
  }

  /** Any shape to the same shape; draws from `context.rng` while training. */
  forward(x: Tensor, context?: Context): Tensor {
    const { rate } = this.config
    if (context?.training !== true || rate === 0) return x
    const kept = context.rng.bernoulli(x.shape, 1 - rate)
    return mul(x, mul(kept, 1 / (1 - rate)))
  }
}
