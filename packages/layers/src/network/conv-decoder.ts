/**
 * A convolutional decoder: linear stages to a small map, then transposed convolutions that enlarge it.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { reshape } from '@tensorflow/tfjs-core'
import { type Context, Module, type Rng } from '@winnow/core'
import { initializerFor } from '../activation.ts'
import { ConvTranspose2d } from '../conv/conv-transpose2d.ts'
import type { Layer } from '../layer.ts'
import { Linear } from '../linear.ts'
import { checkShape, leadingAxes, type Shape, sizeOf } from '../shape.ts'
import { type ConvOptions, checkConvOptions, convFields, downsampledSizes } from './conv-encoder.ts'
import { checkFields, type NetworkShapes, type NetworkSpec } from './spec.ts'
import { Stage } from './stage.ts'

/** What {@link convDecoder} returns: plain JSON. */
export interface ConvDecoderSpec extends NetworkSpec, ConvOptions {
  readonly kind: 'convDecoder'
  /** Channels of each map before the output, from the smallest to the largest. */
  readonly channels: readonly number[]
}

/** Describes a convolutional decoder: `convDecoder([64, 32])` goes 7 x 7 x 64, 14 x 14 x 32, 28 x 28 x output channels. */
export function convDecoder(
  channels: readonly number[],
  options: ConvOptions = {},
): ConvDecoderSpec {
  return { kind: 'convDecoder', channels, ...options }
}

/** See {@link ConvDecoder}: a {@link ConvDecoderSpec} with the shapes. */
export interface ConvDecoderConfig extends Omit<ConvDecoderSpec, 'kind'>, NetworkShapes {}

/**
 * `[batch, ...input]` to `[batch, height, width, channels]`, for any height and width: the maps have the sizes that the
 * encoder with as many stages goes through, in reverse (7 or 13 from 4 or 7: never cropped, each transposed
 * convolution makes the very size). More axes may stand before an example; they stay.
 *
 * Slots: `hidden.0.layer.weight` and so on, the last of them making the smallest map; `stages.0.layer.weight` and so on;
 * `output.weight`, `output.bias` (a transposed convolution).
 */
export class ConvDecoder extends Module implements Layer {
  readonly config: ConvDecoderConfig
  readonly hidden: readonly Stage[]
  readonly stages: readonly Stage[]
  readonly output: ConvTranspose2d
  readonly #smallest: Shape

  constructor(config: ConvDecoderConfig, rng: Rng) {
    super()
    const { input, output, channels, kernel = 4, stride = 2, hidden = [], ...options } = config
    checkShape('convDecoder: input', input)
    checkShape('convDecoder: output [height, width, channels]', output, 3)
    checkConvOptions('convDecoder', config)
    this.config = config
    const [height, width, outputs] = output as readonly [number, number, number]
    const heights = downsampledSizes(height, channels.length, stride).reverse()
    const widths = downsampledSizes(width, channels.length, stride).reverse()
    this.#smallest = [heights[0] as number, widths[0] as number, channels[0] as number]

    const init = initializerFor(options.activation ?? 'relu')
    const bias = options.norm !== 'batch'
    const sizes = [sizeOf(input), ...hidden, sizeOf(this.#smallest)]
    this.hidden = sizes.slice(1).map((size, i) => {
      const linear = { inputs: sizes[i] as number, outputs: size, bias, init }
      return new Stage(new Linear(linear, rng.split()), size, options)
    })
    const enlarge = (i: number, to: number): { size: readonly [number, number] } & Ends => ({
      inputs: channels[i] as number,
      outputs: to,
      size: [heights[i + 1] as number, widths[i + 1] as number],
    })
    this.stages = channels.slice(1).map((to, i) => {
      const layer = { ...enlarge(i, to), kernel, stride, bias, init }
      return new Stage(new ConvTranspose2d(layer, rng.split()), to, options)
    })
    const last = { ...enlarge(channels.length - 1, outputs), kernel, stride }
    this.output = new ConvTranspose2d({ ...last, init: 'xavierUniform' }, rng.split())
  }

  /** @throws WinnowError when `x` does not end in the input's shape */
  forward(x: Tensor, context?: Context): Tensor {
    const { input, output } = this.config
    const leading = leadingAxes('convDecoder', x, input)
    let y = x.rank === 2 ? x : reshape(x, [sizeOf(leading), sizeOf(input)])
    for (const stage of this.hidden) y = stage.forward(y, context)
    y = reshape(y, [sizeOf(leading), ...this.#smallest])
    for (const stage of this.stages) y = stage.forward(y, context)
    y = this.output.forward(y)
    return leading.length === 1 ? y : reshape(y, [...leading, ...output])
  }
}

interface Ends {
  readonly inputs: number
  readonly outputs: number
}

/** Builds what {@link convDecoder} describes. */
export function buildConvDecoder(
  spec: ConvDecoderSpec,
  shapes: NetworkShapes,
  rng: Rng,
): ConvDecoder {
  checkFields(spec, convFields)
  const { kind: _, ...config } = spec
  return new ConvDecoder({ ...config, ...shapes }, rng)
}
