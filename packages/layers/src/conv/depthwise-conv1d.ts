/**
 * Depthwise convolution along one axis, as in ConvNets on sequences and in Mamba: {@link DepthwiseConv2d} with one row.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { add, reshape, depthwiseConv2d as tfDepthwiseConv2d, zeros } from '@tensorflow/tfjs-core'
import { Module, Parameter, type Rng } from '@winnow/core'
import { type InitializerName, initializer } from '../init.ts'
import type { Layer } from '../layer.ts'
import { checkCount, checkMap } from '../shape.ts'
import { checkPadding, checkSteps, convolvedSize, type Padding } from './kernel.ts'

/** See {@link DepthwiseConv1d}. */
export interface DepthwiseConv1dConfig {
  /** Channels of the input; the result has `inputs * multiplier`. */
  readonly inputs: number
  /** How many channels each channel of the input gives, next to each other; 1 by default. */
  readonly multiplier?: number
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
 * `[batch, length, inputs]` to `[batch, length', inputs * multiplier]`; {@link Padding} gives the length.
 * Slots: `weight` `[kernel, inputs, multiplier]`, `bias` `[inputs * multiplier]`.
 */
export class DepthwiseConv1d extends Module implements Layer {
  readonly config: DepthwiseConv1dConfig
  readonly weight: Parameter
  readonly bias: Parameter | undefined

  constructor(config: DepthwiseConv1dConfig, rng: Rng) {
    super()
    const { inputs, multiplier = 1, kernel, stride = 1, dilation = 1 } = config
    const { padding = 'same', bias = true, init = 'heNormal' } = config
    for (const [name, value] of Object.entries({
      inputs,
      multiplier,
      kernel,
      stride,
      dilation,
    })) {
      checkCount(`DepthwiseConv1d: ${name}`, value)
    }
    checkPadding('DepthwiseConv1d', padding)
    checkSteps('DepthwiseConv1d', [stride], [dilation])
    this.config = config
    const fans = { input: kernel, output: kernel * multiplier }
    this.weight = new Parameter(initializer(init)([kernel, inputs, multiplier], fans, rng))
    this.bias = bias ? new Parameter(zeros([inputs * multiplier])) : undefined
  }

  /** @throws WinnowError when `x` has another rank or number of channels, or is shorter than a `valid` kernel */
  forward(x: Tensor): Tensor {
    const { inputs, multiplier = 1, kernel, stride = 1, dilation = 1 } = this.config
    const { padding = 'same' } = this.config
    checkMap('DepthwiseConv1d', x, ['batch', 'length'], inputs)
    const [batch, length] = x.shape as [number, number]
    const out = convolvedSize('DepthwiseConv1d', length, { kernel, stride, dilation, padding })
    const map = reshape(x, [batch, 1, length, inputs]) as Tensor4D
    const weight = reshape(this.weight.value, [1, kernel, inputs, multiplier]) as Tensor4D
    // One row stays one row, whatever the stride along it; the backends want the same along both axes.
    const y = tfDepthwiseConv2d(map, weight, stride, padding, 'NHWC', [1, dilation])
    const sequence: Tensor = reshape(y, [batch, out, inputs * multiplier])
    return this.bias === undefined ? sequence : add(sequence, this.bias.value)
  }
}
