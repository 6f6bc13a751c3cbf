/**
 * A linear classifier on features: logits = x W + b.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import { add, matMul, zeros } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import { Module } from '../module.ts'
import type { Rng } from '../rng.ts'
import { Parameter } from '../slot.ts'

/** See {@link LinearHead}. */
export interface LinearHeadConfig {
  readonly features: number
  readonly classes: number
}

/** As in MAE's linear probe. */
const DEVIATION = 0.01

/** Slots: `weight` `[features, classes]`, normal of deviation 0.01 (zero without a generator), and `bias` `[classes]`, zero. */
export class LinearHead extends Module {
  readonly config: LinearHeadConfig
  readonly weight: Parameter
  readonly bias: Parameter

  constructor(config: LinearHeadConfig, rng?: Rng) {
    super()
    const { features, classes } = config
    for (const [name, count, least] of [
      ['features', features, 1],
      ['classes', classes, 2],
    ] as const) {
      check(
        Number.isInteger(count) && count >= least,
        () => `LinearHead: ${name}: ${count} came, expected a whole number >= ${least}`,
      )
    }
    this.config = config
    const shape = [features, classes]
    this.weight = new Parameter(rng?.normal(shape, { deviation: DEVIATION }) ?? zeros(shape))
    this.bias = new Parameter(zeros([classes]))
  }

  /** `[batch, features]` to logits, `[batch, classes]`. */
  forward(x: Tensor): Tensor {
    const { features } = this.config
    check(
      x.rank === 2 && x.shape[1] === features,
      () => `LinearHead: x of shape [${x.shape}] came, expected [batch, ${features}]`,
    )
    return add(matMul(x as Tensor2D, this.weight.value as Tensor2D), this.bias.value)
  }
}
