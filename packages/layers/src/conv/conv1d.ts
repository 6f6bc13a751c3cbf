/**
 * Convolution along one axis, channels last: y[i, o] = b[o] + sum over a, k of x[i * stride + a - pad, k] W[a, k, o].
 */
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core'
import { add, conv1d as tfConv1d, zeros } from '@tensorflow/tfjs-core'
import { check, Module, Parameter, type Rng } from '@winnow/core'
import { type InitializerName, initializer } from '../init.ts'
import type { Layer } from '../layer.ts'
import { checkCount, checkMap } from '../shape.ts'
import { checkPadding, convolvedSize, type Padding } from './kernel.ts'

/** See {@link Conv1d}. */
export interface Conv1dConfig {
  /** Channels of the input. */
  readonly inputs: number
  /** Channels of the result. */
  readonly outputs: number
  readonly kernel: number
  /** 1 by default. */
  readonly stride?: number
  /** `same` by default; see {@link Padding} for the length of the output. */
  readonly padding?: Padding
  /** Distance between the kernel's taps; 1 by default. Above 1 only with stride 1. */
  readonly dilation?: number
  /** Whether to add b, zero at first; true by default. */
  readonly bias?: boolean
  /** How W starts; `heNormal` by default. */
  readonly init?: InitializerName
}

/**
 * `[batch, length, inputs]` to `[batch, length', outputs]`; {@link Padding} gives the length.
 * Slots: `weight` `[kernel, inputs, outputs]`, `bias` `[outputs]`.
 */
export class Conv1d extends Module implements Layer {
  readonly config: Conv1dConfig
  readonly weight: Parameter
  readonly bias: Parameter | undefined

  constructor(config: Conv1dConfig, rng: Rng) {
    super()
    const { inputs, outputs, kernel, stride = 1, dilation = 1 } = config
    const { padding = 'same', bias = true, init = 'heNormal' } = config
    for (const [name, value] of Object.entries({ inputs, outputs, kernel, stride, dilation })) {
      checkCount(`Conv1d: ${name}`, value)
    }
    checkPadding('Conv1d', padding)
    check(
      stride === 1 || dilation === 1,
      () => `Conv1d: stride ${stride} and dilation ${dilation} came, expected one of them to be 1`,
    )
    this.config = config
    const fans = { input: kernel * inputs, output: kernel * outputs }
    this.weight = new Parameter(initializer(init)([kernel, inputs, outputs], fans, rng))
    this.bias = bias ? new Parameter(zeros([outputs])) : undefined
  }

  /** @throws WinnowError when `x` has another rank or number of channels, or is shorter than a `valid` kernel */
  forward(x: Tensor): Tensor {
    const { inputs, kernel, stride = 1, dilation = 1, padding = 'same' } = this.config
    checkMap('Conv1d', x, ['batch', 'length'], inputs)
    convolvedSize('Conv1d', x.shape[1] as number, { kernel, stride, dilation, padding })
    const weight = this.weight.value as Tensor3D
    const y: Tensor = tfConv1d(x as Tensor3D, weight, stride, padding, 'NWC', dilation)
    return this.bias === undefined ? y : add(y, this.bias.value)
  }
}
