/**
 * A transformer over ids (Vaswani et al., 2017): an encoder of text as BERT is (Devlin et al., 2019; order `post`,
 * segments, a norm after the embeddings) or, with `causal`, a decoder as GPT-2 is (Radford et al., 2019; order `pre`).
 *
 *     tokens = norm?(embedding[ids] + positions + segments) -> blocks -> norm?
 *
 * Weights start normal of deviation 0.02, truncated at two of it; with order `pre` those that write into the tokens are
 * divided by sqrt(2 depth), so that the sum of all branches keeps its size (GPT-2).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, mul, slice } from '@tensorflow/tfjs-core'
import { type Context, check, Module, type Rng, unknownName } from '@winnow/core'
import type { KeyValueCache } from '../attention/key-value-cache.ts'
import { bothMasks, causalMask, paddingMask } from '../attention/masks.ts'
import { Dropout } from '../dropout.ts'
import { Embedding } from '../embedding.ts'
import type { LayerModule } from '../layer.ts'
import { alibi } from '../position/alibi.ts'
import { LearnedPositions } from '../position/learned.ts'
import type { Positions } from '../position/positions.ts'
import { SinCosPositions } from '../position/sin-cos.ts'
import { checkCount } from '../shape.ts'
import {
  buildStack,
  runStack,
  stackCaches,
  type TransformerConfig,
  type TransformerOptions,
} from './transformer.ts'
import { type TransformerBlock, transformerNorm } from './transformer-block.ts'

/** Positions of text by name: rows added to the tokens (`learned`, `sinCos`), or what attention alone sees. */
export type TextPositions = 'learned' | 'sinCos' | 'rotary' | 'alibi'

/** See {@link TextTransformer}. */
export interface TextTransformerConfig extends TransformerConfig {
  /** How many ids there are. */
  readonly vocabulary: number
  /** The most tokens of a sequence. With rotary and ALiBi positions it costs nothing. */
  readonly tokens: number
  /** `learned` by default. Options of rotary positions go to `rotary`. */
  readonly positions?: TextPositions
  /** Whether a token sees only itself and those before it; false by default. */
  readonly causal?: boolean
  /** How many kinds of segments there are, 2 for BERT; by default there are none. */
  readonly segments?: number
  /** Whether a norm follows the embeddings, as in BERT; false by default. */
  readonly embeddingNorm?: boolean
  /** What the rows of the embedding are multiplied by: by default sqrt(features) with `sinCos` positions, else 1. */
  readonly embeddingScale?: number
}

/** What {@link TextTransformer.forward} takes besides the ids; the rest goes to every block. */
export interface TextTransformerOptions extends Omit<TransformerOptions, 'mask' | 'bias'> {
  /** 1 = a token, 0 = padding, which no token looks at: `[batch, tokens]`, with caches `[batch, capacity]`. */
  readonly mask?: Tensor
  /** Which segment each token is of: int32 `[batch, tokens]`; all of the first by default. */
  readonly segments?: Tensor
}

/** What {@link TextTransformer.forward} gives, each `[batch, tokens, features]`. */
export interface TextTransformerResult {
  /** The tokens at the end. */
  readonly tokens: Tensor
  /** The tokens before the first block. */
  readonly embedded: Tensor
  /** The tokens after each block, before the final norm. */
  readonly blocks: Tensor[]
}

/**
 * Ids int32 `[batch, tokens]` to tokens. Slots: `embedding.weight` `[vocabulary, features]`, for positions in a table
 * `positions.weight` `[tokens, features]`, `segments.weight`, `embeddingNorm...`, `blocks.0...` and so on, `norm`.
 */
export class TextTransformer extends Module {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'TextTransformer'
  readonly config: TextTransformerConfig
  readonly embedding: Embedding
  readonly positions: (Positions & Module) | undefined
  readonly segments: Embedding | undefined
  readonly embeddingNorm: LayerModule | undefined
  readonly dropout: Dropout
  readonly blocks: readonly TransformerBlock[]
  readonly norm: LayerModule | undefined

  constructor(config: TextTransformerConfig, rng: Rng) {
    super()
    const { vocabulary, tokens, positions = 'learned', causal: _, segments, ...rest } = config
    const { embeddingNorm = false, embeddingScale: __, rotary = true, ...common } = rest
    const { features, depth, dropout = 0 } = common
    checkCount('TextTransformer: vocabulary', vocabulary)
    checkCount('TextTransformer: tokens', tokens)
    check(
      positions === 'rotary' || config.rotary === undefined,
      () => `TextTransformer: rotary: options came, expected none with ${positions} positions`,
    )
    this.config = config
    this.embedding = new Embedding({ entries: vocabulary, features }, rng.split())
    this.positions = tableOf(positions, tokens, features, rng.split())
    this.segments =
      segments === undefined
        ? undefined
        : new Embedding({ entries: segments, features }, rng.split())
    this.embeddingNorm = embeddingNorm ? transformerNorm(common) : undefined
    this.dropout = new Dropout({ rate: dropout })
    const turned = positions === 'rotary' ? { rotary } : {}
    const stack = buildStack({ init: 'truncatedNormal', ...common, ...turned }, rng.split())
    this.blocks = stack.blocks
    this.norm = stack.norm
    if (config.order !== 'post') shrinkBranches(stack.blocks, 1 / Math.sqrt(2 * depth))
  }

  /**
   * With `caches`, the ids are the next tokens, from `position` on.
   *
   * @throws WinnowError when ids are not int32 `[batch, tokens]` or too many, segments have another shape or are not
   * expected, or caches come without `causal`
   */
  forward(
    ids: Tensor,
    context?: Context,
    options: TextTransformerOptions = {},
  ): TextTransformerResult {
    const { mask, segments, ...rest } = options
    const { caches, position = 0 } = options
    const { tokens: most, heads, causal = false, positions } = this.config
    const known = typeof position === 'number' ? position : 0
    check(
      ids.rank === 2 && ids.dtype === 'int32' && ids.shape[1] !== 0,
      () =>
        `TextTransformer: ids: a ${ids.dtype} tensor of shape [${ids.shape}] came, expected int32 [batch, tokens]`,
    )
    const count = ids.shape[1] as number
    check(
      known + count <= most,
      () => `TextTransformer: ids: ${known + count} tokens came, expected at most ${most}`,
    )
    check(
      caches === undefined || causal,
      () => 'TextTransformer: caches came, expected them with causal: true only',
    )
    const keys = caches?.[0]?.config.capacity ?? count
    check(
      mask === undefined || (mask.rank === 2 && mask.shape[1] === keys),
      () => `TextTransformer: mask: shape [${mask?.shape}] came, expected [batch, ${keys}]`,
    )
    const rows = this.#embed(ids, segments, position, context)
    const seen = bothMasks(
      mask && paddingMask(mask),
      causal && caches === undefined ? causalMask(count) : undefined,
    )
    const { embedded, blocks, last } = runStack(this, rows, context, {
      ...rest,
      ...(seen && { mask: seen }),
      ...(positions === 'alibi' && { bias: alibi(heads, count, keys, { position }) }),
    })
    return { tokens: last, embedded, blocks }
  }

  /** An empty cache for each block, for `batch` sequences of at most `tokens`. Whoever asks for them disposes them. */
  newCaches(batch: number): KeyValueCache[] {
    return stackCaches(this, { batch, capacity: this.config.tokens })
  }

  #embed(
    ids: Tensor,
    segments: Tensor | undefined,
    position: number | Tensor,
    context: Context | undefined,
  ): Tensor {
    const { features, positions } = this.config
    const { embeddingScale = positions === 'sinCos' ? Math.sqrt(features) : 1 } = this.config
    const rows = this.embedding.forward(ids)
    let x: Tensor = embeddingScale === 1 ? rows : mul(rows, embeddingScale)
    if (this.positions !== undefined) {
      x = add(x, this.positions.rows(ids.shape[1] as number, position))
    }
    const segmentRows = this.#segmentRows(ids, segments)
    if (segmentRows !== undefined) x = add(x, segmentRows)
    return this.dropout.forward(this.embeddingNorm?.forward(x) ?? x, context)
  }
  /** `[batch, tokens, features]`, or `[1, features]` for the first segment alone. */
  #segmentRows(ids: Tensor, segments: Tensor | undefined): Tensor | undefined {
    check(
      segments === undefined || this.segments !== undefined,
      () =>
        'TextTransformer: segments: a tensor came, expected none without segments in the configuration',
    )
    if (this.segments === undefined) return undefined
    if (segments === undefined) {
      return slice(this.segments.weight.value, [0, 0], [1, this.config.features])
    }
    check(
      segments.shape.join() === ids.shape.join(),
      () => `TextTransformer: segments: shape [${segments.shape}] came, expected [${ids.shape}]`,
    )
    return this.segments.forward(segments)
  }
}

function tableOf(
  kind: TextPositions,
  tokens: number,
  features: number,
  rng: Rng,
): (Positions & Module) | undefined {
  switch (kind) {
    case 'learned':
      return new LearnedPositions({ tokens, features }, rng)
    case 'sinCos':
      return new SinCosPositions({ grid: [tokens], features })
    case 'rotary':
    case 'alibi':
      return undefined
    default:
      throw unknownName('positions', kind, ['learned', 'sinCos', 'rotary', 'alibi'])
  }
}

/** Multiplies the weights that write into the tokens. */
function shrinkBranches(blocks: readonly TransformerBlock[], factor: number): void {
  for (const { attention, memoryAttention, feedForward } of blocks) {
    for (const layer of [attention.output, memoryAttention?.output, feedForward.narrow]) {
      layer?.weight.assign(mul(layer.weight.value, factor))
    }
  }
}
