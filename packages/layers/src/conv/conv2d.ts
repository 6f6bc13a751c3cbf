/**
 * Convolution over height and width (strictly a correlation, as everywhere in the field), channels last:
 * y[i, j, o] = b[o] + sum over a, c, k of x[i * stride + a - pad, j * stride + c - pad, k] W[a, c, k, o].
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { add, conv2d as tfConv2d, zeros } from '@tensorflow/tfjs-core'
import { Module, Parameter, type Rng } from '@winnow/core'
import { type InitializerName, initializer } from '../init.ts'
import type { Layer } from '../layer.ts'
import { checkCount, checkMap } from '../shape.ts'
import {
  checkPadding,
  checkSteps,
  convolvedSize,
  type Padding,
  pairOf,
  type Size2d,
} from './kernel.ts'

/** See {@link Conv2d}. */
export interface Conv2dConfig {
  /** Channels of the input. */
  readonly inputs: number
  /** Channels of the result. */
  readonly outputs: number
  readonly kernel: Size2d
  /** 1 by default. */
  readonly stride?: Size2d
  /** `same` by default; see {@link Padding} for the size of the output. */
  readonly padding?: Padding
  /** Distance between the kernel's taps; 1 by default. Above 1 only with stride 1. */
  readonly dilation?: Size2d
  /** Whether to add b, zero at first; true by default. */
  readonly bias?: boolean
  /** How W starts; `heNormal` by default. */
  readonly init?: InitializerName
}

/**
 * `[batch, height, width, inputs]` to `[batch, height', width', outputs]`; {@link Padding} gives the sizes.
 * Slots: `weight` `[kernel height, kernel width, inputs, outputs]`, `bias` `[outputs]`.
 */
export class Conv2d extends Module implements Layer {
  readonly config: Conv2dConfig
  readonly weight: Parameter
  readonly bias: Parameter | undefined

  constructor(config: Conv2dConfig, rng: Rng) {
    super()
    const { inputs, outputs, kernel, bias = true, init = 'heNormal' } = config
    checkCount('Conv2d: inputs', inputs)
    checkCount('Conv2d: outputs', outputs)
    const [height, width] = pairOf('Conv2d: kernel', kernel)
    const stride = pairOf('Conv2d: stride', config.stride ?? 1)
    const dilation = pairOf('Conv2d: dilation', config.dilation ?? 1)
    checkPadding('Conv2d', config.padding ?? 'same')
    checkSteps('Conv2d', stride, dilation)
    this.config = config
    const taps = height * width
    const fans = { input: taps * inputs, output: taps * outputs }
    this.weight = new Parameter(initializer(init)([height, width, inputs, outputs], fans, rng))
    this.bias = bias ? new Parameter(zeros([outputs])) : undefined
  }

  /** @throws WinnowError when `x` has another rank or number of channels, or is smaller than a `valid` kernel */
  forward(x: Tensor): Tensor {
    const { inputs, padding = 'same' } = this.config
    checkMap('Conv2d', x, ['batch', 'height', 'width'], inputs)
    this.outputSize([x.shape[1] as number, x.shape[2] as number])
    const stride = pairOf('Conv2d: stride', this.config.stride ?? 1)
    const dilation = pairOf('Conv2d: dilation', this.config.dilation ?? 1)
    const weight = this.weight.value as Tensor4D
    const y: Tensor = tfConv2d(x as Tensor4D, weight, stride, padding, 'NHWC', dilation)
    return this.bias === undefined ? y : add(y, this.bias.value)
  }

  /** Height and width of the output for an input of this height and width. */
  outputSize(size: readonly [height: number, width: number]): [height: number, width: number] {
    const kernel = pairOf('Conv2d: kernel', this.config.kernel)
    const stride = pairOf('Conv2d: stride', this.config.stride ?? 1)
    const dilation = pairOf('Conv2d: dilation', this.config.dilation ?? 1)
    const { padding = 'same' } = this.config
    const along = (axis: 0 | 1): number =>
      convolvedSize('Conv2d', size[axis], {
        kernel: kernel[axis],
        stride: stride[axis],
        dilation: dilation[axis],
        padding,
      })
    return [along(0), along(1)]
  }
}
