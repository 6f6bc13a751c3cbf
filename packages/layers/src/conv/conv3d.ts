/**
 * Convolution over depth, height and width (frames of a clip, slices of a volume), channels last:
 * y[d, i, j, o] = b[o] + sum over the kernel's taps and the channels k of x[d', i', j', k] W[tap, k, o], as {@link Conv2d}.
 */
import type { Tensor, Tensor5D } from '@tensorflow/tfjs-core'
import { add, slice, conv3d as tfConv3d, zeros } from '@tensorflow/tfjs-core'
import { Module, Parameter, type Rng } from '@winnow/core'
import { type InitializerName, initializer } from '../init.ts'
import type { Layer } from '../layer.ts'
import { checkCount, checkMap, sizeOf } from '../shape.ts'
import {
  checkPadding,
  checkSteps,
  convolvedSize,
  type Padding,
  type Size3d,
  tripleOf,
} from './kernel.ts'

/** See {@link Conv3d}. */
export interface Conv3dConfig {
  /** Channels of the input. */
  readonly inputs: number
  /** Channels of the result. */
  readonly outputs: number
  readonly kernel: Size3d
  /** 1 by default. */
  readonly stride?: Size3d
  /** `same` by default; see {@link Padding} for the size of the output. */
  readonly padding?: Padding
  /** Distance between the kernel's taps; 1 by default. Above 1 only with stride 1. */
  readonly dilation?: Size3d
  /** Whether to add b, zero at first; true by default. */
  readonly bias?: boolean
  /** How W starts; `heNormal` by default. */
  readonly init?: InitializerName
}

/**
 * `[batch, depth, height, width, inputs]` to `[batch, depth', height', width', outputs]`; {@link Padding} gives the sizes.
 * Slots: `weight` `[kernel depth, kernel height, kernel width, inputs, outputs]`, `bias` `[outputs]`.
 */
export class Conv3d extends Module implements Layer {
  readonly config: Conv3dConfig
  readonly weight: Parameter
  readonly bias: Parameter | undefined

  constructor(config: Conv3dConfig, rng: Rng) {
    super()
    const { inputs, outputs, bias = true, init = 'heNormal' } = config
    checkCount('Conv3d: inputs', inputs)
    checkCount('Conv3d: outputs', outputs)
    const kernel = tripleOf('Conv3d: kernel', config.kernel)
    const stride = tripleOf('Conv3d: stride', config.stride ?? 1)
    const dilation = tripleOf('Conv3d: dilation', config.dilation ?? 1)
    checkPadding('Conv3d', config.padding ?? 'same')
    checkSteps('Conv3d', stride, dilation)
    this.config = config
    const taps = sizeOf(kernel)
    const fans = { input: taps * inputs, output: taps * outputs }
    this.weight = new Parameter(initializer(init)([...kernel, inputs, outputs], fans, rng))
    this.bias = bias ? new Parameter(zeros([outputs])) : undefined
  }

  /** @throws WinnowError when `x` has another rank or number of channels, or is smaller than a `valid` kernel */
  forward(x: Tensor): Tensor {
    const { inputs, padding = 'same' } = this.config
    checkMap('Conv3d', x, ['batch', 'depth', 'height', 'width'], inputs)
    const sizes = x.shape.slice(1, 4) as [number, number, number]
    const out = this.outputSize(sizes)
    const kernel = tripleOf('Conv3d: kernel', this.config.kernel)
    const stride = tripleOf('Conv3d: stride', this.config.stride ?? 1)
    const dilation = tripleOf('Conv3d: dilation', this.config.dilation ?? 1)
    // tfjs pads by a negative number, and so begins behind the border, where a stride steps over the end of an axis.
    const seen = sizes.map((size, axis) => {
      const reach = ((kernel[axis] as number) - 1) * (dilation[axis] as number) + 1
      return Math.min(size, ((out[axis] as number) - 1) * (stride[axis] as number) + reach)
    })
    const cut = seen.every((size, axis) => size === sizes[axis])
      ? x
      : slice(x, [0, 0, 0, 0, 0], [x.shape[0] as number, ...seen, inputs])
    const weight = this.weight.value as Tensor5D
    const y: Tensor = tfConv3d(cut as Tensor5D, weight, stride, padding, 'NDHWC', dilation)
    return this.bias === undefined ? y : add(y, this.bias.value)
  }

  /** Depth, height and width of the output for an input of these sizes. */
  outputSize(
    size: readonly [depth: number, height: number, width: number],
  ): [depth: number, height: number, width: number] {
    const kernel = tripleOf('Conv3d: kernel', this.config.kernel)
    const stride = tripleOf('Conv3d: stride', this.config.stride ?? 1)
    const dilation = tripleOf('Conv3d: dilation', this.config.dilation ?? 1)
    const { padding = 'same' } = this.config
    const along = (axis: 0 | 1 | 2): number =>
      convolvedSize('Conv3d', size[axis], {
        kernel: kernel[axis],
        stride: stride[axis],
        dilation: dilation[axis],
        padding,
      })
    return [along(0), along(1), along(2)]
  }
}
