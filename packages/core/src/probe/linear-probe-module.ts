/**
 * The classifier that `linearProbe` trains: standardisation by the training features, then a linear head.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { div, ones, sub, tensor, zeros } from '@tensorflow/tfjs-core'
import { Module } from '../module.ts'
import { State } from '../slot.ts'
import { LinearHead, type LinearHeadConfig } from './linear-head.ts'

/** Mean and deviation of each feature. */
export interface Scaling {
  readonly mean: Float64Array
  readonly deviation: Float64Array
}

/** Slots: States `mean` and `deviation` `[features]`, and the `head`. */
export class LinearProbe extends Module {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'LinearProbe'
  readonly config: LinearHeadConfig
  readonly mean: State
  readonly deviation: State
  readonly head: LinearHead

  constructor(config: LinearHeadConfig) {
    super()
    this.config = config
    this.head = new LinearHead(config)
    this.mean = new State(zeros([config.features]))
    this.deviation = new State(ones([config.features]))
  }

  /** Features as they come from the model, `[batch, features]`, to logits, `[batch, classes]`. */
  forward(x: Tensor): Tensor {
    return this.head.forward(div(sub(x, this.mean.value), this.deviation.value))
  }

  /**
   * Puts in what was solved for.
   *
   * @param point the weights `[features, classes]` and after them the biases
   * @internal
   */
  fill({ mean, deviation }: Scaling, point: Float64Array): void {
    const { features, classes } = this.config
    const weights = features * classes
    this.mean.assign(tensor(Float32Array.from(mean)))
    this.deviation.assign(tensor(Float32Array.from(deviation)))
    this.head.weight.assign(
      tensor(Float32Array.from(point.subarray(0, weights)), [features, classes]),
    )
    this.head.bias.assign(tensor(Float32Array.from(point.subarray(weights))))
  }
}
