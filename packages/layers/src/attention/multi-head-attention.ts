/**
 * Multi-head attention (Vaswani et al., 2017): queries, keys and values are linear in the tokens, each head attends by
 * itself, and a last product joins the heads.
 *
 *     y = [head_1, ..., head_h] W_o,   head_i = attention(x W_q_i, m W_k_i, m W_v_i),   m = x or a memory
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { reshape, transpose } from '@tensorflow/tfjs-core'
import { type Context, check, Module, type Rng } from '@winnow/core'
import { Dropout } from '../dropout.ts'
import type { InitializerName } from '../init.ts'
import type { Layer } from '../layer.ts'
import { Linear } from '../linear.ts'
import { type RotaryOptions, rotaryFrequencies, rotation } from '../position/rotary.ts'
import { checkCount } from '../shape.ts'
import { KeyValueCache, type KeyValueCacheConfig } from './key-value-cache.ts'
import { bothMasks } from './masks.ts'
import {
  type AttentionObserver,
  checkBroadcast,
  scaledDotProductAttention,
} from './scaled-dot-product.ts'

export type { AttentionObserver, AttentionSeen } from './scaled-dot-product.ts'

/** See {@link MultiHeadAttention}. */
export interface MultiHeadAttentionConfig {
  /** Width of a token, of input and result. */
  readonly features: number
  /** How many heads; a divisor of `features`. */
  readonly heads: number
  /** Width of the memory's tokens; `features` by default. */
  readonly memoryFeatures?: number
  /** Whether the products for queries, keys and values have biases; true by default. */
  readonly bias?: boolean
  /** Whether the last product has a bias; as `bias` by default. */
  readonly outputBias?: boolean
  /** Rotary positions for self-attention, with these options or, when true, the usual ones; none by default. */
  readonly rotary?: boolean | RotaryOptions
  /** How many heads of keys and values; a divisor of `heads`, and as many by default. */
  readonly keyValueHeads?: number
  /** Dropout of the attention maps; 0 by default. */
  readonly dropout?: number
  /** How the weights start; `xavierUniform` by default. */
  readonly init?: InitializerName
}

/** What {@link MultiHeadAttention.forward} takes besides the tokens. */
export interface AttentionOptions {
  /** Tokens to look at in place of one's own: `[batch, keys, memoryFeatures]`. */
  readonly memory?: Tensor
  /** 1 (or true) where a query may look at a key, else 0: broadcast to `[batch, heads, queries, keys]`. */
  readonly mask?: Tensor
  /** Added to the logits: broadcast to `[batch, heads, queries, keys]`. */
  readonly bias?: Tensor
  /**
   * Earlier tokens of the same sequences; then each token looks at itself and at those before it, and the keys of mask
   * and bias are all places of the cache.
   */
  readonly cache?: KeyValueCache
  /**
   * Place of the first token, for rotary positions and the cache (which needs it): a number, or an int32 scalar where it
   * changes from call to call of a compiled function; it is for the caller then to stay within the cache. 0 by default.
   */
  readonly position?: number | Tensor
  /** Is shown queries, keys, values, logits and maps. */
  readonly observe?: AttentionObserver
}

/**
 * `[batch, tokens, features]` to the same shape. Slots: `query`, `key`, `value`, `output`, each with `weight`
 * `[inputs, outputs]` and `bias`; head i has the outputs from `i size` on, where size = features / heads.
 */
export class MultiHeadAttention extends Module implements Layer {
  readonly config: MultiHeadAttentionConfig
  readonly query: Linear
  readonly key: Linear
  readonly value: Linear
  readonly output: Linear
  readonly dropout: Dropout

  constructor(config: MultiHeadAttentionConfig, rng: Rng) {
    super()
    const { features, heads, memoryFeatures = features, keyValueHeads = heads } = config
    const { bias = true, outputBias = bias, dropout = 0, init = 'xavierUniform' } = config
    checkCount('MultiHeadAttention: features', features)
    checkCount('MultiHeadAttention: heads', heads)
    checkCount('MultiHeadAttention: memoryFeatures', memoryFeatures)
    checkCount('MultiHeadAttention: keyValueHeads', keyValueHeads)
    check(
      features % heads === 0,
      () => `MultiHeadAttention: heads: ${heads} came, expected a divisor of ${features} features`,
    )
    check(
      heads % keyValueHeads === 0,
      () =>
        `MultiHeadAttention: keyValueHeads: ${keyValueHeads} came, expected a divisor of ${heads} heads`,
    )
    this.config = config
    if (config.rotary) rotaryFrequencies(features / heads, this.#rotaryOptions())
    const narrow = (features / heads) * keyValueHeads
    const linear = (inputs: number, outputs: number, biased: boolean): Linear =>
      new Linear({ inputs, outputs, bias: biased, init }, rng.split())
    this.query = linear(features, features, bias)
    this.key = linear(memoryFeatures, narrow, bias)
    this.value = linear(memoryFeatures, narrow, bias)
    this.output = linear(features, features, outputBias)
    this.dropout = new Dropout({ rate: dropout })
  }

  /**
   * @throws WinnowError when widths differ, mask or bias do not broadcast, the cache is too short or comes with a memory
   */
  forward(x: Tensor, context?: Context, options: AttentionOptions = {}): Tensor {
    const { features, heads, keyValueHeads = heads } = this.config
    const { memory = x, bias, cache, position = 0, observe } = options
    this.#check(x, options)
    const [batch, tokens] = x.shape as [number, number, number]
    let queries = toHeads(this.query.forward(x), heads)
    let keys = toHeads(this.key.forward(memory), keyValueHeads)
    let values = toHeads(this.value.forward(memory), keyValueHeads)
    if (this.config.rotary) {
      const turn = rotation(tokens, features / heads, position, this.#rotaryOptions())
      queries = turn(queries)
      keys = turn(keys)
    }
    let { mask } = options
    if (cache !== undefined) {
      const all = cache.append(keys, values, position)
      keys = all.keys
      values = all.values
      mask = bothMasks(cache.mask(tokens, position), mask)
    }
    const mixed = scaledDotProductAttention(queries, keys, values, {
      ...(mask && { mask }),
      ...(bias && { bias }),
      ...(observe && { observe }),
      dropout: (maps) => this.dropout.forward(maps, context),
    })
    return this.output.forward(reshape(transpose(mixed, [0, 2, 1, 3]), [batch, tokens, features]))
  }

  /** An empty cache for this attention, of `capacity` tokens of `batch` sequences. Whoever asks for it disposes it. */
  newCache(room: Pick<KeyValueCacheConfig, 'batch' | 'capacity'>): KeyValueCache {
    const { batch, capacity } = room
    const { features, heads, keyValueHeads = heads } = this.config
    return new KeyValueCache({ batch, heads: keyValueHeads, capacity, size: features / heads })
  }

  /** Before anything is computed, or written to the cache. */
  #check(x: Tensor, { memory, mask, bias, cache, position }: AttentionOptions): void {
    const { features, heads, memoryFeatures = features, rotary } = this.config
    checkTokens('an input', x, features)
    checkTokens(memory === undefined ? 'an input' : 'a memory', memory ?? x, memoryFeatures)
    const [batch, tokens] = x.shape as [number, number, number]
    const keys = cache?.config.capacity ?? ((memory ?? x).shape[1] as number)
    checkBroadcast('mask', mask, [batch, heads, tokens, keys])
    checkBroadcast('bias', bias, [batch, heads, tokens, keys])
    if (memory !== undefined) {
      check(
        memory.shape[0] === batch,
        () =>
          `MultiHeadAttention: memory: a batch of ${memory.shape[0]} came, expected ${batch} as the input has`,
      )
      check(
        !rotary && cache === undefined,
        () =>
          `MultiHeadAttention: memory: one came, expected none with ${rotary ? 'rotary positions' : 'a cache'}`,
      )
    }
    if (cache === undefined) return
    check(
      position !== undefined,
      () =>
        'MultiHeadAttention: position: nothing came, expected the place of the first token, for the cache',
    )
    cache.checkRoom(tokens, position)
  }

  #rotaryOptions(): RotaryOptions {
    const { rotary } = this.config
    return typeof rotary === 'object' ? rotary : {}
  }
}

/** `[batch, tokens, heads * size]` to `[batch, heads, tokens, size]`. */
function toHeads(x: Tensor, heads: number): Tensor {
  const [batch, tokens, features] = x.shape as [number, number, number]
  return transpose(reshape(x, [batch, tokens, heads, features / heads]), [0, 2, 1, 3])
}

function checkTokens(what: string, x: Tensor, features: number): void {
  check(
    x.rank === 3 && x.shape[2] === features && x.shape[1] !== 0,
    () =>
      `MultiHeadAttention: ${what} of shape [${x.shape}] came, expected [batch, tokens, ${features}]`,
  )
}
