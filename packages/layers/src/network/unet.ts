/**
 * The U-Net (Ronneberger, Fischer and Brox, 2015), of residual blocks as in DDPM (Ho et al., 2020): a map shrinks level by
 * level and grows again, and each level on the way up sees, beside what comes from below, what its level gave on the way
 * down.
 *
 *     down:  s_i = blocks_i(x_i),   x_(i+1) = shrink_i(s_i)        up:  y_i = blocks'_i([enlarge_i(y_(i+1)), s_i])
 *
 * A level halves the map by a 2 x 2 convolution and doubles it by a transposed one, both with stride 2.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, concat, reshape } from '@tensorflow/tfjs-core'
import { type Context, check, Module, type Rng } from '@winnow/core'
import { activation } from '../activation.ts'
import { MultiHeadAttention } from '../attention/multi-head-attention.ts'
import { ConvTranspose2d } from '../conv/conv-transpose2d.ts'
import { Conv2d } from '../conv/conv2d.ts'
import type { Layer, LayerModule } from '../layer.ts'
import { norm } from '../norm/norm.ts'
import { checkCount, checkShape, leadingAxes, sizeOf } from '../shape.ts'
import { ResidualBlock } from './residual-block.ts'
import { checkFields, checkSizes, type NetworkShapes, type NetworkSpec } from './spec.ts'
import { checkStageOptions, type StageOptions, stageOptions } from './stage.ts'

/** Settings of {@link unet}: `silu` and group norm by default. */
export interface UNetOptions extends StageOptions {
  /** Residual blocks of each level, on the way down and on the way up; 1 by default. */
  readonly blocks?: number
  /** Heads of self-attention at the smallest map, a divisor of its channels; by default there is none. */
  readonly attentionHeads?: number
}

/** What {@link unet} returns: plain JSON. */
export interface UNetSpec extends NetworkSpec, UNetOptions {
  readonly kind: 'unet'
  /** Channels of each level, from the full size on; each further level halves the map. */
  readonly channels: readonly number[]
}

/** Describes a U-Net: `unet([32, 64, 128])` works at 28 x 28 x 32, 14 x 14 x 64 and 7 x 7 x 128. */
export function unet(channels: readonly number[], options: UNetOptions = {}): UNetSpec {
  return { kind: 'unet', channels, ...options }
}

/** See {@link UNet}: a {@link UNetSpec} with the shapes. */
export interface UNetConfig extends Omit<UNetSpec, 'kind'>, NetworkShapes {}

/** One level of a {@link UNet} on the way down; `shrink` leads to the next. */
export interface UNetDownLevel {
  readonly blocks: readonly ResidualBlock[]
  readonly shrink: Conv2d
}

/** One level of a {@link UNet} on the way up; `enlarge` comes from below. */
export interface UNetUpLevel {
  readonly enlarge: ConvTranspose2d
  readonly blocks: readonly ResidualBlock[]
}

/**
 * `[batch, height, width, channels]` to `[batch, height, width, outputs]`, height and width being divisible by 2 for each
 * level but the first. More axes may stand before an example; they stay.
 *
 * Slots: `first`; `down.0.blocks.0...`, `down.0.shrink` and so on; `bottom.blocks.0...`, with attention `bottom.norm` and
 * `bottom.attention`, then `bottom.after...`; `up.0.enlarge`, `up.0.blocks.0...` (level 0 is the full size); `norm`, `last`.
 */
export class UNet extends Module implements Layer {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'UNet'
  readonly config: UNetConfig
  readonly first: Conv2d
  readonly down: readonly UNetDownLevel[]
  readonly bottom: {
    readonly blocks: readonly ResidualBlock[]
    readonly norm?: LayerModule | undefined
    readonly attention?: MultiHeadAttention
    readonly after?: ResidualBlock
  }
  readonly up: readonly UNetUpLevel[]
  readonly norm: LayerModule | undefined
  readonly last: Conv2d

  constructor(config: UNetConfig, rng: Rng) {
    super()
    const { input, output, channels, blocks = 1, attentionHeads, ...options } = config
    checkUNet(config)
    this.config = config
    const stack = (inputs: number, outputs: number): ResidualBlock[] =>
      Array.from({ length: blocks }, (_, i) => {
        const block = { ...stageOnly(options), inputs: i === 0 ? inputs : outputs, outputs }
        return new ResidualBlock(block, rng.split())
      })
    const level = (i: number): number => channels[i] as number
    const half = { kernel: 2, stride: 2, init: 'xavierUniform' } as const
    this.first = new Conv2d(
      { inputs: input[2] as number, outputs: level(0), kernel: 3, init: 'xavierUniform' },
      rng.split(),
    )
    const above = channels.slice(0, -1)
    this.down = above.map((width, i) => ({
      blocks: stack(level(Math.max(i - 1, 0)), width),
      shrink: new Conv2d({ inputs: width, outputs: width, ...half }, rng.split()),
    }))
    const depth = above.length
    const narrow = level(depth)
    const bottom = { blocks: stack(level(Math.max(depth - 1, 0)), narrow) }
    this.bottom =
      attentionHeads === undefined
        ? bottom
        : {
            ...bottom,
            norm: norm(options.norm ?? 'group', narrow),
            attention: new MultiHeadAttention(
              { features: narrow, heads: attentionHeads },
              rng.split(),
            ),
            after: stack(narrow, narrow)[0] as ResidualBlock,
          }
    this.up = above.map((width, i) => ({
      enlarge: new ConvTranspose2d({ inputs: level(i + 1), outputs: width, ...half }, rng.split()),
      blocks: stack(2 * width, width),
    }))
    this.norm = norm(options.norm ?? 'group', level(0))
    this.last = new Conv2d(
      { inputs: level(0), outputs: output[2] as number, kernel: 3, init: 'xavierUniform' },
      rng.split(),
    )
  }

  /** @throws WinnowError when `x` does not end in the input's shape */
  forward(x: Tensor, context?: Context): Tensor {
    const { input, output } = this.config
    const leading = leadingAxes('unet', x, input)
    let y = leading.length === 1 ? x : reshape(x, [sizeOf(leading), ...input])
    y = this.first.forward(y)
    const skips: Tensor[] = []
    for (const { blocks, shrink } of this.down) {
      y = runBlocks(blocks, y, context)
      skips.push(y)
      y = shrink.forward(y)
    }
    y = this.#runBottom(y, context)
    for (const [i, { enlarge, blocks }] of [...this.up.entries()].reverse()) {
      y = runBlocks(blocks, concat([enlarge.forward(y), skips[i] as Tensor], -1), context)
    }
    const activate = activation(this.config.activation ?? 'silu')
    y = this.last.forward(activate(this.norm?.forward(y, context) ?? y))
    return leading.length === 1 ? y : reshape(y, [...leading, ...output])
  }

  #runBottom(x: Tensor, context: Context | undefined): Tensor {
    const { blocks, norm: before, attention, after } = this.bottom
    const y = runBlocks(blocks, x, context)
    if (attention === undefined || after === undefined) return y
    const [batch, height, width, features] = y.shape as [number, number, number, number]
    const normed = before?.forward(y, context) ?? y
    const tokens = reshape(normed, [batch, height * width, features])
    const seen = reshape(attention.forward(tokens, context), y.shape)
    return after.forward(add(y, seen), context)
  }
}

function runBlocks(
  blocks: readonly ResidualBlock[],
  x: Tensor,
  context: Context | undefined,
): Tensor {
  return blocks.reduce((y, block) => block.forward(y, context), x)
}

function stageOnly({ activation: name, norm: normName, dropout }: StageOptions): StageOptions {
  return {
    ...(name !== undefined && { activation: name }),
    ...(normName !== undefined && { norm: normName }),
    ...(dropout !== undefined && { dropout }),
  }
}

function checkUNet(config: UNetConfig): void {
  const { input, output, channels, blocks = 1, attentionHeads } = config
  checkShape('unet: input [height, width, channels]', input, 3)
  checkShape('unet: output [height, width, channels]', output, 3)
  checkSizes('unet: channels', channels, 1)
  checkCount('unet: blocks', blocks)
  if (attentionHeads !== undefined) checkCount('unet: attentionHeads', attentionHeads)
  checkStageOptions('unet', config)
  const [height, width] = input as [number, number, number]
  check(
    height === output[0] && width === output[1],
    () =>
      `unet: output: [${output}] came, expected the height and width of the input [${input}], which a U-Net keeps`,
  )
  const divisor = 2 ** (channels.length - 1)
  check(
    height % divisor === 0 && width % divisor === 0,
    () =>
      `unet: input: [${input}] came, expected height and width divisible by ${divisor}: ${channels.length} levels halve the map ${channels.length - 1} times`,
  )
}

/** The names of the fields of {@link UNetSpec}. */
const unetFields: readonly string[] = [
  'kind',
  'channels',
  'blocks',
  'attentionHeads',
  ...stageOptions,
]

/** Builds what {@link unet} describes. */
export function buildUNet(spec: UNetSpec, shapes: NetworkShapes, rng: Rng): UNet {
  checkFields(spec, unetFields)
  const { kind: _, ...config } = spec
  return new UNet({ ...config, ...shapes }, rng)
}
