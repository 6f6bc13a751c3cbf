/**
 * The factorised entropy model (Balle, Minnen, Singh, Hwang and Johnston 2018, appendix 6.1): one density for each channel,
 * of no given form. Its cumulative c is a small network that can only rise, because its matrices H are positive (softplus)
 * and its factors a lie within (-1, 1):
 *
 *     f(x) = g(H x + b),   g(x) = x + tanh(a) tanh(x);   c = sigmoid(f4(f3(f2(f1(x)))))
 *
 * A whole number k is as probable as c(k + 1/2) - c(k - 1/2).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  abs,
  add,
  matMul,
  mul,
  neg,
  reshape,
  sigmoid,
  sign,
  softplus,
  sub,
  tanh,
  tensor,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core'
import { type Context, check, Module, Parameter, type Rng, State, stopGradient } from '@winnow/core'
import { boundedLikelihood, quantised } from './bits.ts'
import { type Cumulative, cumulatives, quantile } from './cumulative.ts'

/** See {@link FactorizedEntropy}. */
export interface FactorizedEntropyConfig {
  /** How many densities: the last axis of what is coded. */
  readonly channels: number
  /** Hidden units of the cumulative; `[3, 3, 3]` by default. */
  readonly hidden?: readonly number[]
  /** How wide densities are at first; 10 by default. */
  readonly scale?: number
}

/** What {@link FactorizedEntropy.forward} gives, both of the input's shape. */
export interface EntropyResult {
  /** The input with noise while training, else rounded. */
  readonly values: Tensor
  readonly likelihood: Tensor
}

/** Probabilities of the whole steps around a median. */
export interface ChannelProbabilities {
  /** The step of the first probability. */
  readonly offset: number
  readonly probabilities: Float64Array
}

/**
 * Densities of the channels of `[..., channels]`. Slots: `matrices.N` `[channels, outputs, inputs]`, `biases.N` and `factors.N`
 * `[channels, outputs, 1]`, and the State `medians` `[channels]`, which {@link FactorizedEntropy.findMedians} keeps up.
 */
export class FactorizedEntropy extends Module {
  readonly config: FactorizedEntropyConfig
  readonly matrices: readonly Parameter[]
  readonly biases: readonly Parameter[]
  readonly factors: readonly Parameter[]
  readonly medians: State

  constructor(config: FactorizedEntropyConfig, rng: Rng) {
    super()
    const { channels, hidden = [3, 3, 3], scale = 10 } = config
    check(
      Number.isInteger(channels) && channels > 0,
      () => `FactorizedEntropy: channels: ${channels} came, expected a whole number > 0`,
    )
    check(scale > 0, () => `FactorizedEntropy: scale: ${scale} came, expected a number > 0`)
    this.config = config
    const sizes = [1, ...hidden, 1]
    const share = scale ** (1 / (hidden.length + 1))
    const layers = sizes.slice(1).map((outputs, i) => ({ inputs: sizes[i] as number, outputs }))
    this.matrices = layers.map(({ inputs, outputs }) => {
      const start = Math.log(Math.expm1(1 / share / outputs))
      const values = new Float32Array(channels * outputs * inputs).fill(start)
      return new Parameter(tensor(values, [channels, outputs, inputs]))
    })
    this.biases = layers.map(
      ({ outputs }) =>
        new Parameter(rng.split().uniform([channels, outputs, 1], { low: -0.5, high: 0.5 })),
    )
    this.factors = hidden.map((outputs) => new Parameter(zeros([channels, outputs, 1])))
    this.medians = new State(zeros([channels]))
  }

  /**
   * Values as they are coded, with noise while training, and their probabilities.
   *
   * @param x `[..., channels]`
   */
  forward(x: Tensor, context?: Context): EntropyResult {
    const { channels } = this.config
    check(
      x.shape.at(-1) === channels,
      () => `FactorizedEntropy: an input of shape [${x.shape}] came, expected [..., ${channels}]`,
    )
    const values = quantised(x, this.medians.value, context)
    return { values, likelihood: this.likelihood(values) }
  }

  /** The probabilities of the steps that `values` `[..., channels]` lie at: of the same shape. */
  likelihood(values: Tensor): Tensor {
    const { channels } = this.config
    const rows = transpose(reshape(values, [values.size / channels, channels]))
    const columns = reshape(rows, [channels, 1, values.size / channels])
    const lower = this.#logits(sub(columns, 0.5))
    const upper = this.#logits(add(columns, 0.5))
    // On the side of 0 where a difference of sigmoids loses no digits.
    const side = neg(stopGradient(sign(add(lower, upper))))
    const share = abs(sub(sigmoid(mul(side, upper)), sigmoid(mul(side, lower))))
    const likelihood = transpose(reshape(share, [channels, values.size / channels]))
    return boundedLikelihood(reshape(likelihood, values.shape))
  }

  /** The logit of the cumulative: `[channels, 1, values]` to the same shape. */
  #logits(x: Tensor): Tensor {
    return this.matrices.reduce((y, matrix, layer) => {
      const bias = (this.biases[layer] as Parameter).value
      const widened: Tensor = add(matMul(softplus(matrix.value), y), bias)
      const factor = this.factors[layer]
      if (factor === undefined) return widened
      return add(widened, mul(tanh(factor.value), tanh(widened)))
    }, x)
  }

  /**
   * Where half of each channel's values lie below: found by bisection and kept in `medians`. Host work: every hundred steps
   * or so, and before coding.
   */
  async findMedians(): Promise<void> {
    const all = await this.#cumulatives()
    const values = Float32Array.from(all, (cumulative) => quantile(cumulative, 0.5))
    this.medians.assign(tensor(values, [values.length]))
  }

  /**
   * The probabilities of whole steps away from each channel's median, in float64, over all but `tail` on each side.
   * Counts made of them are stored with a model, not made again on another machine.
   */
  async probabilities(
    options: { readonly tail?: number; readonly most?: number } = {},
  ): Promise<ChannelProbabilities[]> {
    const { tail = 2 ** -18, most = 2 ** 12 } = options
    const medians = await this.medians.value.data()
    const all = await this.#cumulatives()
    return all.map((cumulative, channel) => {
      const median = medians[channel] as number
      const bounded = (steps: number) => Math.max(-most, Math.min(most, steps))
      const first = Math.min(-1, bounded(Math.floor(quantile(cumulative, tail) - median)))
      const last = Math.max(1, bounded(Math.ceil(quantile(cumulative, 1 - tail) - median)))
      const probabilities = Float64Array.from({ length: last - first + 1 }, (_, i) => {
        const at = median + first + i
        return cumulative.interval(at - 0.5, at + 0.5)
      })
      return { offset: first, probabilities }
    })
  }

  async #cumulatives(): Promise<Cumulative[]> {
    const read = (slots: readonly Parameter[]) =>
      Promise.all(
        slots.map(async ({ value }) => ({ values: await value.data(), shape: value.shape })),
      )
    const [matrices, biases, factors] = await Promise.all([
      read(this.matrices),
      read(this.biases),
      read(this.factors),
    ])
    return cumulatives(this.config.channels, { matrices, biases, factors })
  }
}
