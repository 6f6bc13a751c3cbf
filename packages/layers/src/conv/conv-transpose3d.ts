/**
 * Transposed convolution over depth, height and width, channels last: the gradient of {@link Conv3d} with respect to its
 * input, used forwards, so that a stride enlarges the map.
 */
import type { Tensor, Tensor5D } from '@tensorflow/tfjs-core'
import { add, conv3dTranspose, pad, zeros } from '@tensorflow/tfjs-core'
import { Module, Parameter, type Rng } from '@winnow/core'
import { type InitializerName, initializer } from '../init.ts'
import type { Layer } from '../layer.ts'
import { checkCount, checkMap, sizeOf } from '../shape.ts'
import { checkPadding, type Padding, type Size3d, transposedSize, tripleOf } from './kernel.ts'

/** See {@link ConvTranspose3d}. */
export interface ConvTranspose3dConfig {
  /** Channels of the input. */
  readonly inputs: number
  /** Channels of the result. */
  readonly outputs: number
  readonly kernel: Size3d
  /** 1 by default. */
  readonly stride?: Size3d
  /** `same` by default. */
  readonly padding?: Padding
  /** Depth, height and width of the output, as {@link ConvTranspose2dConfig.size}. */
  readonly size?: Size3d
  /** Whether to add b, zero at first; true by default. */
  readonly bias?: boolean
  /** How W starts; `heNormal` by default, an output summing over kernel / stride inputs along each axis. */
  readonly init?: InitializerName
}

/**
 * `[batch, depth, height, width, inputs]` to `[batch, depth', height', width', outputs]`.
 * Slots: `weight` `[kernel depth, kernel height, kernel width, outputs, inputs]` (tfjs's order), `bias` `[outputs]`.
 */
export class ConvTranspose3d extends Module implements Layer {
  readonly config: ConvTranspose3dConfig
  readonly weight: Parameter
  readonly bias: Parameter | undefined

  constructor(config: ConvTranspose3dConfig, rng: Rng) {
    super()
    const { inputs, outputs, bias = true, init = 'heNormal' } = config
    checkCount('ConvTranspose3d: inputs', inputs)
    checkCount('ConvTranspose3d: outputs', outputs)
    const kernel = tripleOf('ConvTranspose3d: kernel', config.kernel)
    const stride = tripleOf('ConvTranspose3d: stride', config.stride ?? 1)
    if (config.size !== undefined) tripleOf('ConvTranspose3d: size', config.size)
    checkPadding('ConvTranspose3d', config.padding ?? 'same')
    this.config = config
    const taps = sizeOf(kernel)
    const fans = { input: (taps / sizeOf(stride)) * inputs, output: taps * outputs }
    this.weight = new Parameter(initializer(init)([...kernel, outputs, inputs], fans, rng))
    this.bias = bias ? new Parameter(zeros([outputs])) : undefined
  }

  /** @throws WinnowError when `x` has another rank or number of channels, or cannot give the size asked for */
  forward(x: Tensor): Tensor {
    const { inputs, outputs, padding = 'same' } = this.config
    checkMap('ConvTranspose3d', x, ['batch', 'depth', 'height', 'width'], inputs)
    const sizes = x.shape.slice(1, 4) as [number, number, number]
    const out = this.outputSize(sizes)
    const kernel = tripleOf('ConvTranspose3d: kernel', this.config.kernel)
    const stride = tripleOf('ConvTranspose3d: stride', this.config.stride ?? 1)
    // As in Conv3d: what a stride steps over at the end of an axis is left out, and is zero.
    const reached = out.map((size, axis) =>
      Math.min(
        size,
        ((sizes[axis] as number) - 1) * (stride[axis] as number) + (kernel[axis] ?? 1),
      ),
    )
    const shape = [x.shape[0], ...reached, outputs] as [number, number, number, number, number]
    const weight = this.weight.value as Tensor5D
    let y: Tensor = conv3dTranspose(x as Tensor5D, weight, shape, stride, padding)
    if (reached.some((size, axis) => size !== out[axis])) {
      const behind = out.map((size, axis): [number, number] => [
        0,
        size - (reached[axis] as number),
      ])
      y = pad(y, [[0, 0], ...behind, [0, 0]])
    }
    return this.bias === undefined ? y : add(y, this.bias.value)
  }

  /** Depth, height and width of the output for an input of these sizes. */
  outputSize(
    size: readonly [depth: number, height: number, width: number],
  ): [depth: number, height: number, width: number] {
    const kernel = tripleOf('ConvTranspose3d: kernel', this.config.kernel)
    const stride = tripleOf('ConvTranspose3d: stride', this.config.stride ?? 1)
    const { padding = 'same' } = this.config
    const wanted = this.config.size === undefined ? undefined : tripleOf('size', this.config.size)
    const along = (axis: 0 | 1 | 2): number =>
      transposedSize('ConvTranspose3d', size[axis], {
        kernel: kernel[axis],
        stride: stride[axis],
        padding,
        wanted: wanted?.[axis],
      })
    return [along(0), along(1), along(2)]
  }
}
