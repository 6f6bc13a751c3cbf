/**
 * The vision transformer (Dosovitskiy et al., 2020): an image as a sequence of patches. It takes sequences and clips as
 * well, and any subset of the patches, as masked autoencoders give it.
 *
 *     tokens = [class, patchify(image) W + b] + positions -> blocks -> norm
 *
 * Positions are fixed sine-cosine waves, as in the masked autoencoder (He et al., 2021), or learned. Weights start
 * Xavier-uniform, the class token normal of deviation 0.02.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, concat, reshape, slice, tile } from '@tensorflow/tfjs-core'
import { type Context, check, Module, Parameter, type Rng, unknownName } from '@winnow/core'
import type { LayerModule } from '../layer.ts'
import { Linear } from '../linear.ts'
import { patchGrid, patchify } from '../patch/patchify.ts'
import { LearnedPositions } from '../position/learned.ts'
import type { Positions } from '../position/positions.ts'
import { SinCosPositions } from '../position/sin-cos.ts'
import { checkShape, type Shape, sizeOf } from '../shape.ts'
import {
  buildStack,
  runStack,
  type TransformerConfig,
  type TransformerOptions,
} from './transformer.ts'
import type { TransformerBlock } from './transformer-block.ts'

/** See {@link VisionTransformer}. */
export interface VisionTransformerConfig extends TransformerConfig {
  /** Shape of one input: `[height, width, channels]`, `[length, channels]` or `[frames, height, width, channels]`. */
  readonly image: Shape
  /** Size of a patch along all axes, or along each. */
  readonly patch: number | readonly number[]
  /** Whether a class token stands before the patches; true by default. */
  readonly classToken?: boolean
  /** `sinCos` by default. */
  readonly positions?: 'sinCos' | 'learned'
}

/** What {@link VisionTransformer.forward} gives. */
export interface VisionTransformerResult {
  /** The class token at the end, `[batch, features]`; undefined without one. */
  readonly class: Tensor | undefined
  /** The patches at the end, `[batch, patches, features]`. */
  readonly tokens: Tensor
  /** All tokens after each block, the class token first: `[batch, (1 +) patches, features]`. */
  readonly blocks: Tensor[]
}

/**
 * `[batch, ...image]` to tokens. Slots: `patchEmbedding` (a Linear over a patch's values), `classToken` `[features]`,
 * `positions.weight` `[(1 +) patches, features]` (the class token's place first), `blocks.0...` and so on, `norm`.
 */
export class VisionTransformer extends Module {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'VisionTransformer'
  readonly config: VisionTransformerConfig
  readonly patchEmbedding: Linear
  readonly classToken: Parameter | undefined
  readonly positions: Positions & Module
  readonly blocks: readonly TransformerBlock[]
  readonly norm: LayerModule | undefined

  constructor(config: VisionTransformerConfig, rng: Rng) {
    super()
    const { image, patch, classToken = true, positions = 'sinCos', ...stack } = config
    const { features, init } = stack
    checkShape('VisionTransformer: image', image)
    const grid = patchGrid(image, patch)
    this.config = config
    const values = sizeOf(image) / sizeOf(grid)
    this.patchEmbedding = new Linear(
      { inputs: values, outputs: features, ...(init && { init }) },
      rng.split(),
    )
    this.classToken = classToken
      ? new Parameter(rng.split().normal([features], { deviation: 0.02 }))
      : undefined
    this.positions = buildPositions(positions, grid, features, classToken, rng.split())
    const { blocks, norm } = buildStack(stack, rng.split())
    this.blocks = blocks
    this.norm = norm
  }

  /** How many patches there are along each axis. */
  get grid(): number[] {
    return patchGrid(this.config.image, this.config.patch)
  }

  /**
   * The patches as tokens with their positions, without the class token: `[batch, ...image]` to
   * `[batch, patches, features]`.
   *
   * @throws WinnowError when `x` has another shape
   */
  embed(x: Tensor): Tensor {
    const { image, patch } = this.config
    check(
      x.rank === image.length + 1 && image.every((size, axis) => size === x.shape[axis + 1]),
      () =>
        `VisionTransformer: an input of shape [${x.shape}] came, expected [batch, ${image.join(', ')}]`,
    )
    const tokens = this.patchEmbedding.forward(patchify(x, patch))
    const first = this.classToken === undefined ? 0 : 1
    return add(tokens, this.positions.rows(tokens.shape[1] as number, first))
  }

  /**
   * Runs tokens made by {@link VisionTransformer.embed}, all or some, in any order: `[batch, tokens, features]`. The class
   * token is put before them. A mask or bias in the options counts it too.
   */
  run(
    tokens: Tensor,
    context?: Context,
    options: TransformerOptions = {},
  ): VisionTransformerResult {
    const { features } = this.config
    check(
      tokens.rank === 3 && tokens.shape[2] === features,
      () =>
        `VisionTransformer: tokens of shape [${tokens.shape}] came, expected [batch, tokens, ${features}]`,
    )
    const [batch, count] = tokens.shape as [number, number, number]
    const { classToken } = this
    if (classToken === undefined) {
      const { blocks, last } = runStack(this, tokens, context, options)
      return { class: undefined, tokens: last, blocks }
    }
    const placed = add(classToken.value, this.positions.rows(1))
    const first: Tensor = tile(reshape(placed, [1, 1, features]), [batch, 1, 1])
    const { blocks, last } = runStack(this, concat([first, tokens], 1), context, options)
    return {
      class: reshape(slice(last, [0, 0, 0], [batch, 1, features]), [batch, features]),
      tokens: slice(last, [0, 1, 0], [batch, count, features]),
      blocks,
    }
  }

  /** {@link VisionTransformer.embed}, then {@link VisionTransformer.run}. */
  forward(x: Tensor, context?: Context, options: TransformerOptions = {}): VisionTransformerResult {
    return this.run(this.embed(x), context, options)
  }
}

function buildPositions(
  kind: 'sinCos' | 'learned',
  grid: readonly number[],
  features: number,
  classToken: boolean,
  rng: Rng,
): Positions & Module {
  switch (kind) {
    case 'sinCos':
      return new SinCosPositions({ grid, features, classToken })
    case 'learned': {
      const tokens = sizeOf(grid) + (classToken ? 1 : 0)
      return new LearnedPositions({ tokens, features }, rng)
    }
    default:
      throw unknownName('positions', kind, ['sinCos', 'learned'])
  }
}
