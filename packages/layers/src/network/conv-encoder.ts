/**
 * A convolutional encoder: strided convolutions that halve a map while its channels grow, then linear stages.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { reshape } from '@tensorflow/tfjs-core'
import { type Context, Module, type Rng } from '@winnow/core'
import { initializerFor } from '../activation.ts'
import { Conv2d } from '../conv/conv2d.ts'
import type { Layer } from '../layer.ts'
import { checkCount, checkShape, leadingAxes, type Shape, sizeOf } from '../shape.ts'
import { Mlp } from './mlp.ts'
import { checkFields, checkSizes, type NetworkShapes, type NetworkSpec } from './spec.ts'
import { checkStageOptions, Stage, type StageOptions, stageOptions } from './stage.ts'

/** Settings of {@link convEncoder} and {@link convDecoder}. */
export interface ConvOptions extends StageOptions {
  /** Height and width of each kernel; 4 by default, a multiple of the stride, so that all pixels are covered equally. */
  readonly kernel?: number
  /** How much each stage shrinks (enlarges) the map; 2 by default. */
  readonly stride?: number
  /** Widths of linear stages between the smallest map and the vector at the other end; none by default. */
  readonly hidden?: readonly number[]
}

/** What {@link convEncoder} returns: plain JSON. */
export interface ConvEncoderSpec extends NetworkSpec, ConvOptions {
  readonly kind: 'convEncoder'
  /** Channels of each stage, from the largest map to the smallest. */
  readonly channels: readonly number[]
}

/** Describes a convolutional encoder: `convEncoder([32, 64])` takes 28 x 28 to 14 x 14 x 32, then 7 x 7 x 64. */
export function convEncoder(
  channels: readonly number[],
  options: ConvOptions = {},
): ConvEncoderSpec {
  return { kind: 'convEncoder', channels, ...options }
}

/** The names of the fields of both kinds. */
export const convFields: readonly string[] = [
  'kind',
  'channels',
  'kernel',
  'stride',
  'hidden',
  ...stageOptions,
]

/** See {@link ConvEncoder}: a {@link ConvEncoderSpec} with the shapes. */
export interface ConvEncoderConfig extends Omit<ConvEncoderSpec, 'kind'>, NetworkShapes {}

/** Sizes of an axis before the first stage and after each: every stage gives ceil(size / stride). */
export function downsampledSizes(size: number, stages: number, stride: number): number[] {
  const sizes = [size]
  for (let i = 0; i < stages; i++) sizes.push(Math.ceil((sizes[i] as number) / stride))
  return sizes
}

/** Throws on settings that no convolutional network can have. */
export function checkConvOptions(
  kind: string,
  config: ConvOptions & { readonly channels: readonly number[] },
): void {
  checkSizes(`${kind}: channels`, config.channels, 1)
  checkSizes(`${kind}: hidden`, config.hidden ?? [])
  checkCount(`${kind}: kernel`, config.kernel ?? 4)
  checkCount(`${kind}: stride`, config.stride ?? 2)
  checkStageOptions(kind, config)
}

/**
 * `[batch, height, width, channels]` to `[batch, ...output]`, for any height and width: each stage convolves with
 * padding `same`, so that a size becomes ceil(size / stride). More axes may stand before an example; they stay.
 *
 * Slots: `stages.0.layer.weight`, `stages.0.norm...` and so on; `head.hidden.0...`, `head.output.weight`.
 */
export class ConvEncoder extends Module implements Layer {
  readonly config: ConvEncoderConfig
  readonly stages: readonly Stage[]
  readonly head: Mlp

  constructor(config: ConvEncoderConfig, rng: Rng) {
    super()
    const { input, output, channels, kernel = 4, stride = 2, hidden = [], ...options } = config
    checkShape('convEncoder: input [height, width, channels]', input, 3)
    checkShape('convEncoder: output', output)
    checkConvOptions('convEncoder', config)
    this.config = config
    const [height, width, inputs] = input as readonly [number, number, number]
    const init = initializerFor(options.activation ?? 'relu')
    const bias = options.norm !== 'batch'
    this.stages = channels.map((outputs, i) => {
      const from = i === 0 ? inputs : (channels[i - 1] as number)
      const conv = { inputs: from, outputs, kernel, stride, bias, init }
      return new Stage(new Conv2d(conv, rng.split()), outputs, options)
    })
    const smallest: Shape = [
      downsampledSizes(height, channels.length, stride).at(-1) as number,
      downsampledSizes(width, channels.length, stride).at(-1) as number,
      channels.at(-1) as number,
    ]
    this.head = new Mlp({ ...options, input: smallest, output, hidden }, rng.split())
  }

  /** @throws WinnowError when `x` does not end in the input's shape */
  forward(x: Tensor, context?: Context): Tensor {
    const { input, output } = this.config
    const leading = leadingAxes('convEncoder', x, input)
    let y = leading.length === 1 ? x : reshape(x, [sizeOf(leading), ...input])
    for (const stage of this.stages) y = stage.forward(y, context)
    y = this.head.forward(y, context)
    return leading.length === 1 ? y : reshape(y, [...leading, ...output])
  }
}

/** Builds what {@link convEncoder} describes. */
export function buildConvEncoder(
  spec: ConvEncoderSpec,
  shapes: NetworkShapes,
  rng: Rng,
): ConvEncoder {
  checkFields(spec, convFields)
  const { kind: _, ...config } = spec
  return new ConvEncoder({ ...config, ...shapes }, rng)
}
