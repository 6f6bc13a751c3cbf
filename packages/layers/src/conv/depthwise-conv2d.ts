/**
 * Depthwise convolution (Sifre, 2014; as in MobileNet, Howard et al., 2017): each channel has kernels of its own and sees no
 * other channel: y[i, j, k * multiplier + m] = b[..] + sum over a, c of x[i * stride + a - pad, j * stride + c - pad, k] W[a, c, k, m].
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { add, depthwiseConv2d as tfDepthwiseConv2d, zeros } from '@tensorflow/tfjs-core'
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

/** See {@link DepthwiseConv2d}. */
export interface DepthwiseConv2dConfig {
  /** Channels of the input; the result has `inputs * multiplier`. */
  readonly inputs: number
  /** How many channels each channel of the input gives, next to each other; 1 by default. */
  readonly multiplier?: number
  readonly kernel: Size2d
  /** 1 by default, the same along both axes: no other stride has a gradient on every backend. */
  readonly stride?: number
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
 * `[batch, height, width, inputs]` to `[batch, height', width', inputs * multiplier]`; {@link Padding} gives the sizes.
 * Slots: `weight` `[kernel height, kernel width, inputs, multiplier]`, `bias` `[inputs * multiplier]`.
 */
export class DepthwiseConv2d extends Module implements Layer {
  readonly config: DepthwiseConv2dConfig
  readonly weight: Parameter
  readonly bias: Parameter | undefined

  constructor(config: DepthwiseConv2dConfig, rng: Rng) {
    super()
    const { inputs, multiplier = 1, stride = 1, bias = true, init = 'heNormal' } = config
    checkCount('DepthwiseConv2d: inputs', inputs)
    checkCount('DepthwiseConv2d: multiplier', multiplier)
    checkCount('DepthwiseConv2d: stride', stride)
    const [height, width] = pairOf('DepthwiseConv2d: kernel', config.kernel)
    const dilation = pairOf('DepthwiseConv2d: dilation', config.dilation ?? 1)
    checkPadding('DepthwiseConv2d', config.padding ?? 'same')
    checkSteps('DepthwiseConv2d', [stride], dilation)
    this.config = config
    const fans = { input: height * width, output: height * width * multiplier }
    this.weight = new Parameter(initializer(init)([height, width, inputs, multiplier], fans, rng))
    this.bias = bias ? new Parameter(zeros([inputs * multiplier])) : undefined
  }

  /** @throws WinnowError when `x` has another rank or number of channels, or is smaller than a `valid` kernel */
  forward(x: Tensor): Tensor {
    const { inputs, stride = 1, padding = 'same' } = this.config
    checkMap('DepthwiseConv2d', x, ['batch', 'height', 'width'], inputs)
    this.outputSize([x.shape[1] as number, x.shape[2] as number])
    const dilation = pairOf('DepthwiseConv2d: dilation', this.config.dilation ?? 1)
    const weight = this.weight.value as Tensor4D
    const y: Tensor = tfDepthwiseConv2d(x as Tensor4D, weight, stride, padding, 'NHWC', dilation)
    return this.bias === undefined ? y : add(y, this.bias.value)
  }

  /** Height and width of the output for an input of this height and width. */
  outputSize(size: readonly [height: number, width: number]): [height: number, width: number] {
    const kernel = pairOf('DepthwiseConv2d: kernel', this.config.kernel)
    const dilation = pairOf('DepthwiseConv2d: dilation', this.config.dilation ?? 1)
    const { stride = 1, padding = 'same' } = this.config
    const along = (axis: 0 | 1): number =>
      convolvedSize('DepthwiseConv2d', size[axis], {
        kernel: kernel[axis],
        stride,
        dilation: dilation[axis],
        padding,
      })
    return [along(0), along(1)]
  }
}
