/**
 * Transposed convolution over height and width, channels last: the gradient of {@link Conv2d} with respect to its input,
 * used forwards, so that a stride enlarges the map. Each input entry adds its kernel, scaled, to the output.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { add, conv2dTranspose, zeros } from '@tensorflow/tfjs-core'
import { Module, Parameter, type Rng } from '@winnow/core'
import { type InitializerName, initializer } from '../init.ts'
import type { Layer } from '../layer.ts'
import { checkCount, checkMap } from '../shape.ts'
import { checkPadding, type Padding, pairOf, type Size2d, transposedSize } from './kernel.ts'

/** See {@link ConvTranspose2d}. */
export interface ConvTranspose2dConfig {
  /** Channels of the input. */
  readonly inputs: number
  /** Channels of the result. */
  readonly outputs: number
  readonly kernel: Size2d
  /** 1 by default. */
  readonly stride?: Size2d
  /** `same` by default. */
  readonly padding?: Padding
  /**
   * Height and width of the output. By default `same` gives size * stride and `valid` (size - 1) * stride + kernel; any
   * size may be asked for that {@link Conv2d} with these settings brings back to the input's: with stride 2 and `same`,
   * 7 or 8 from 4.
   */
  readonly size?: Size2d
  /** Whether to add b, zero at first; true by default. */
  readonly bias?: boolean
  /** How W starts; `heNormal` by default, an output summing over kernel / stride inputs along each axis. */
  readonly init?: InitializerName
}

/**
 * `[batch, height, width, inputs]` to `[batch, height', width', outputs]`.
 * Slots: `weight` `[kernel height, kernel width, outputs, inputs]` (tfjs's order), `bias` `[outputs]`.
 */
export class ConvTranspose2d extends Module implements Layer {
  readonly config: ConvTranspose2dConfig
  readonly weight: Parameter
  readonly bias: Parameter | undefined

  constructor(config: ConvTranspose2dConfig, rng: Rng) {
    super()
    const { inputs, outputs, kernel, bias = true, init = 'heNormal' } = config
    checkCount('ConvTranspose2d: inputs', inputs)
    checkCount('ConvTranspose2d: outputs', outputs)
    const [height, width] = pairOf('ConvTranspose2d: kernel', kernel)
    const stride = pairOf('ConvTranspose2d: stride', config.stride ?? 1)
    if (config.size !== undefined) pairOf('ConvTranspose2d: size', config.size)
    checkPadding('ConvTranspose2d', config.padding ?? 'same')
    this.config = config
    const taps = height * width
    const fans = { input: (taps / (stride[0] * stride[1])) * inputs, output: taps * outputs }
    this.weight = new Parameter(initializer(init)([height, width, outputs, inputs], fans, rng))
    this.bias = bias ? new Parameter(zeros([outputs])) : undefined
  }

  /** @throws WinnowError when `x` has another rank or number of channels, or cannot give the size asked for */
  forward(x: Tensor): Tensor {
    const { inputs, outputs, padding = 'same' } = this.config
    checkMap('ConvTranspose2d', x, ['batch', 'height', 'width'], inputs)
    const [height, width] = this.outputSize([x.shape[1] as number, x.shape[2] as number])
    const stride = pairOf('ConvTranspose2d: stride', this.config.stride ?? 1)
    const weight = this.weight.value as Tensor4D
    const shape: [number, number, number, number] = [x.shape[0] as number, height, width, outputs]
    const y: Tensor = conv2dTranspose(x as Tensor4D, weight, shape, stride, padding)
    return this.bias === undefined ? y : add(y, this.bias.value)
  }

  /** Height and width of the output for an input of this height and width. */
  outputSize(size: readonly [height: number, width: number]): [height: number, width: number] {
    const kernel = pairOf('ConvTranspose2d: kernel', this.config.kernel)
    const stride = pairOf('ConvTranspose2d: stride', this.config.stride ?? 1)
    const { padding = 'same' } = this.config
    const wanted = this.config.size === undefined ? undefined : pairOf('size', this.config.size)
    const along = (axis: 0 | 1): number =>
      transposedSize('ConvTranspose2d', size[axis], {
        kernel: kernel[axis],
        stride: stride[axis],
        padding,
        wanted: wanted?.[axis],
      })
    return [along(0), along(1)]
  }
}
