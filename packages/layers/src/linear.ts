/**
 * A linear layer: y = x W + b on the last axis.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, matMul, reshape, zeros } from '@tensorflow/tfjs-core'
import { Module, Parameter, type Rng } from '@winnow/core'
import { type InitializerName, initializer } from './init.ts'
import type { Layer } from './layer.ts'
import { checkCount, checkLastAxis } from './shape.ts'

/** See {@link Linear}. */
export interface LinearConfig {
  /** Size of the last axis of the input. */
  readonly inputs: number
  /** Size of the last axis of the result. */
  readonly outputs: number
  /** Whether to add b, zero at first; true by default. */
  readonly bias?: boolean
  /** How W starts; `xavierUniform` by default. */
  readonly init?: InitializerName
}

/** `[batch, ..., inputs]` to `[batch, ..., outputs]`. Slots: `weight` `[inputs, outputs]`, `bias` `[outputs]`. */
export class Linear extends Module implements Layer {
  readonly config: LinearConfig
  readonly weight: Parameter
  readonly bias: Parameter | undefined

  constructor(config: LinearConfig, rng: Rng) {
    super()
    const { inputs, outputs, bias = true, init = 'xavierUniform' } = config
    checkCount('Linear: inputs', inputs)
    checkCount('Linear: outputs', outputs)
    this.config = config
    const fans = { input: inputs, output: outputs }
    this.weight = new Parameter(initializer(init)([inputs, outputs], fans, rng))
    this.bias = bias ? new Parameter(zeros([outputs])) : undefined
  }

  /** @throws WinnowError when the last axis of `x` is not `inputs` long */
  forward(x: Tensor): Tensor {
    const { inputs, outputs } = this.config
    checkLastAxis('Linear', x, inputs)
    // One product of two matrices: a batched one that broadcasts W is slow, and its gradient is larger than W.
    const rows = x.rank === 2 ? x : reshape(x, [x.size / inputs, inputs])
    const product = matMul(rows as Tensor<never>, this.weight.value as Tensor<never>)
    const shifted = this.bias === undefined ? product : add(product, this.bias.value)
    return x.rank === 2 ? shifted : reshape(shifted, [...x.shape.slice(0, -1), outputs])
  }
}
