/**
 * The feed-forward part of a transformer block (Vaswani et al., 2017), and its gated variants (Shazeer, 2020: "GLU
 * variants improve transformer"):
 *
 *     y = activation(x W) U        gated: y = (activation(x G) * (x W)) U
 *
 * Gated with silu is SwiGLU, with gelu GEGLU, with relu ReGLU, with sigmoid GLU (Dauphin et al., 2017).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { mul } from '@tensorflow/tfjs-core'
import { type Context, Module, type Rng } from '@winnow/core'
import { type ActivationName, activation } from './activation.ts'
import { Dropout } from './dropout.ts'
import type { InitializerName } from './init.ts'
import type { Layer } from './layer.ts'
import { Linear } from './linear.ts'
import { checkCount } from './shape.ts'

/** See {@link FeedForward}. */
export interface FeedForwardConfig {
  /** Size of the last axis of input and result. */
  readonly features: number
  /** Width in between. */
  readonly hidden: number
  /** `gelu` by default. */
  readonly activation?: ActivationName
  /** Whether a second product gates the first; false by default. */
  readonly gated?: boolean
  /** Whether the products have biases; true by default. */
  readonly bias?: boolean
  /** Dropout of the result; 0 by default. */
  readonly dropout?: number
  /** How the weights start; `xavierUniform` by default. */
  readonly init?: InitializerName
}

/**
 * `[batch, ..., features]` to the same shape. Slots: `widen.weight` `[features, hidden]`, when gated `gate.weight` of the
 * same shape, `narrow.weight` `[hidden, features]`, each with its `bias`.
 */
export class FeedForward extends Module implements Layer {
  readonly config: FeedForwardConfig
  readonly widen: Linear
  readonly gate: Linear | undefined
  readonly narrow: Linear
  readonly dropout: Dropout

  constructor(config: FeedForwardConfig, rng: Rng) {
    super()
    const { features, hidden, gated = false, bias = true, dropout = 0 } = config
    const { init = 'xavierUniform' } = config
    checkCount('FeedForward: features', features)
    checkCount('FeedForward: hidden', hidden)
    activation(config.activation ?? 'gelu')
    this.config = config
    const wide = { inputs: features, outputs: hidden, bias, init }
    this.widen = new Linear(wide, rng.split())
    this.gate = gated ? new Linear(wide, rng.split()) : undefined
    this.narrow = new Linear({ inputs: hidden, outputs: features, bias, init }, rng.split())
    this.dropout = new Dropout({ rate: dropout })
  }

  /** @throws WinnowError when the last axis of `x` is not `features` long */
  forward(x: Tensor, context?: Context): Tensor {
    const activate = activation(this.config.activation ?? 'gelu')
    const wide = this.widen.forward(x)
    const hidden =
      this.gate === undefined ? activate(wide) : mul(activate(this.gate.forward(x)), wide)
    return this.dropout.forward(this.narrow.forward(hidden), context)
  }
}
