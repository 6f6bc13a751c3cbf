/**
 * Batch normalisation (Ioffe and Szegedy, 2015): y = (x - mean) / sqrt(variance + epsilon) * weight + bias, the moments
 * being those of a channel over the batch and all positions while training, and running averages of these otherwise.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, mul, ones, reshape, rsqrt, sub, zeros } from '@tensorflow/tfjs-core'
import { type Context, check, Module, Parameter, State } from '@winnow/core'
import type { Layer } from '../layer.ts'
import { checkCount, checkLastAxis } from '../shape.ts'
import { checkEpsilon, moments } from './standardise.ts'

/** See {@link BatchNorm}. */
export interface BatchNormConfig {
  /** Size of the last axis. */
  readonly features: number
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number
  /** Share of the new batch in the running averages, in (0, 1]; 0.1 by default (PyTorch's sense; Keras's is 1 less this). */
  readonly momentum?: number
}

/**
 * `[batch, ..., features]` to the same shape.
 *
 * Slots: `weight`, `bias` (Parameters) and `runningMean`, `runningVariance` (States), all `[features]`. The States are
 * updated through `context.update`, so only by a training step that is committed. The running variance averages
 * unbiased ones (over n - 1), as in PyTorch. Rows that pad a batch count like the others: drop the last, short batch.
 */
export class BatchNorm extends Module implements Layer {
  readonly config: BatchNormConfig
  readonly weight: Parameter
  readonly bias: Parameter
  readonly runningMean: State
  readonly runningVariance: State

  constructor(config: BatchNormConfig) {
    super()
    const { features, epsilon = 1e-5, momentum = 0.1 } = config
    checkCount('BatchNorm: features', features)
    checkEpsilon('BatchNorm', epsilon)
    check(
      momentum > 0 && momentum <= 1,
      () => `BatchNorm: momentum ${momentum} came, expected a number in (0, 1]`,
    )
    this.config = config
    this.weight = new Parameter(ones([features]))
    this.bias = new Parameter(zeros([features]))
    this.runningMean = new State(zeros([features]))
    this.runningVariance = new State(ones([features]))
  }

  /** @throws WinnowError when the last axis is not `features` long, or a training batch has one value a channel */
  forward(x: Tensor, context?: Context): Tensor {
    const { features, epsilon = 1e-5 } = this.config
    checkLastAxis('BatchNorm', x, features)
    if (context?.training === true) return this.#train(x, context)
    const scale = mul(rsqrt(add(this.runningVariance.value, epsilon)), this.weight.value)
    const shift = sub(this.bias.value, mul(this.runningMean.value, scale))
    return add(mul(x, scale), shift)
  }

  #train(x: Tensor, context: Context): Tensor {
    const { features, epsilon = 1e-5, momentum = 0.1 } = this.config
    const count = x.size / features
    check(
      count > 1,
      () =>
        `BatchNorm: a training batch of shape [${x.shape}] came, expected more than one value a channel`,
    )
    const rows = x.rank === 2 ? x : reshape(x, [count, features])
    const { mean, centred, variance } = moments(rows, [0])
    const blend = (state: State, value: Tensor): void =>
      context.update(
        state,
        add(mul(state.value, 1 - momentum), mul(reshape(value, [features]), momentum)),
      )
    blend(this.runningMean, mean)
    blend(this.runningVariance, mul(variance, count / (count - 1)))
    const scale = mul(rsqrt(add(variance, epsilon)), this.weight.value)
    const y = add(mul(centred, scale), this.bias.value)
    return x.rank === 2 ? y : reshape(y, x.shape)
  }
}
