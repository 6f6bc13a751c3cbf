/**
 * A transformer (Vaswani et al., 2017): blocks one after another, and a norm at the end of a pre-norm one.
 *
 * DropPath grows linearly from 0 at the first block to the rate asked for at the last (Huang et al., 2016).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { type Context, check, Module, type Rng } from '@winnow/core'
import type { KeyValueCache } from '../attention/key-value-cache.ts'
import type { AttentionSeen } from '../attention/multi-head-attention.ts'
import type { Layer, LayerModule } from '../layer.ts'
import { checkCount } from '../shape.ts'
import {
  TransformerBlock,
  type TransformerBlockConfig,
  type TransformerBlockOptions,
  transformerNorm,
} from './transformer-block.ts'

/** See {@link Transformer}: what a block takes, `dropPath` being the last block's rate. */
export interface TransformerConfig extends TransformerBlockConfig {
  /** How many blocks. */
  readonly depth: number
  /** Whether a norm follows the last block; by default with order `pre`. */
  readonly finalNorm?: boolean
}

/** A place between the blocks: before the first, after block number N, after the final norm. */
export type TokenPlace = 'embedded' | `blocks.${number}` | 'last'

/** What {@link Transformer.forward} takes besides the tokens; the rest goes to every block. */
export interface TransformerOptions extends Omit<TransformerBlockOptions, 'observe' | 'cache'> {
  /** Is shown what each block's attention computes. */
  readonly observe?: (block: number, seen: AttentionSeen) => void
  /** A cache for each block. */
  readonly caches?: readonly KeyValueCache[]
  /** Is given the tokens at each place, and may return others of their shape for all that follows. */
  readonly edit?: (place: TokenPlace, tokens: Tensor) => Tensor | undefined
}

/** What {@link Transformer.intermediates} gives, each `[batch, tokens, features]`. */
export interface TransformerIntermediates {
  /** The tokens after each block, before the final norm. */
  readonly blocks: Tensor[]
  /** After the final norm: what `forward` gives. */
  readonly last: Tensor
}

/** `[batch, tokens, features]` to the same shape. Slots: `blocks.0...`, `blocks.1...` and so on, and `norm`. */
export class Transformer extends Module implements Layer {
  readonly config: TransformerConfig
  readonly blocks: readonly TransformerBlock[]
  readonly norm: LayerModule | undefined

  constructor(config: TransformerConfig, rng: Rng) {
    super()
    this.config = config
    const { blocks, norm } = buildStack(config, rng)
    this.blocks = blocks
    this.norm = norm
  }

  /** @throws WinnowError as {@link TransformerBlock.forward} does, and when there are not as many caches as blocks */
  forward(x: Tensor, context?: Context, options: TransformerOptions = {}): Tensor {
    return this.intermediates(x, context, options).last
  }

  /** An empty cache for each block, of `capacity` tokens of `batch` sequences. Whoever asks for them disposes them. */
  newCaches(size: CacheSize): KeyValueCache[] {
    return stackCaches(this, size)
  }

  /** {@link Transformer.forward} with the tokens after each block. */
  intermediates(
    x: Tensor,
    context?: Context,
    options: TransformerOptions = {},
  ): TransformerIntermediates {
    return runStack(this, x, context, options)
  }
}

/** How many sequences are decoded together, and the most tokens of one. */
export interface CacheSize {
  readonly batch: number
  readonly capacity: number
}

/** What every kind of transformer has at its heart. */
export interface Stack {
  readonly blocks: readonly TransformerBlock[]
  readonly norm: LayerModule | undefined
}

/** The blocks and the final norm that a configuration asks for. */
export function buildStack(config: TransformerConfig, rng: Rng): Stack {
  const { depth, finalNorm = config.order !== 'post', dropPath = 0, ...block } = config
  checkCount('Transformer: depth', depth)
  const blocks = Array.from({ length: depth }, (_, i) => {
    const rate = depth === 1 ? dropPath : (dropPath * i) / (depth - 1)
    return new TransformerBlock({ ...block, dropPath: rate }, rng.split())
  })
  return { blocks, norm: finalNorm ? transformerNorm(config) : undefined }
}

/** What {@link runStack} gives. */
export interface StackResult extends TransformerIntermediates {
  /** The tokens before the first block: those that came, unless they were edited. */
  readonly embedded: Tensor
}

/** Runs tokens through blocks and the final norm. */
export function runStack(
  stack: Stack,
  x: Tensor,
  context: Context | undefined,
  options: TransformerOptions,
): StackResult {
  const { observe, caches, edit, ...shared } = options
  check(
    caches === undefined || caches.length === stack.blocks.length,
    () =>
      `Transformer: ${caches?.length} caches came, expected one for each of ${stack.blocks.length} blocks`,
  )
  const edited = (place: TokenPlace, tokens: Tensor): Tensor => {
    const other = edit?.(place, tokens)
    check(
      other === undefined || other.shape.join() === tokens.shape.join(),
      () => `edit: shape [${other?.shape}] came at ${place}, expected [${tokens.shape}]`,
    )
    return other ?? tokens
  }
  const blocks: Tensor[] = []
  const embedded = edited('embedded', x)
  let tokens = embedded
  for (const [i, block] of stack.blocks.entries()) {
    const cache = caches?.[i]
    const result = block.forward(tokens, context, {
      ...shared,
      ...(cache && { cache }),
      ...(observe && { observe: (seen) => observe(i, seen) }),
    })
    tokens = edited(`blocks.${i}`, result)
    blocks.push(tokens)
  }
  const last = edited('last', stack.norm?.forward(tokens, context) ?? tokens)
  return { embedded, blocks, last }
}

/** An empty cache for each block. */
export function stackCaches(stack: Stack, size: CacheSize): KeyValueCache[] {
  return stack.blocks.map(({ attention }) => attention.newCache(size))
}
