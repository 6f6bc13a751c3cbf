/**
 * The encoder of passages: a transformer that looks both ways (BERT: Devlin et al., 2019), whose first token stands for the
 * whole passage, with a masked-language-model head that is tied to the embedding (Press and Wolf, 2017).
 *
 *     logits = norm(gelu(h W + b)) E^T
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, cast, div, mul, notEqual, reshape, slice, sum, tidy } from '@tensorflow/tfjs-core'
import { type Context, check, Module, type Rng } from '@winnow/core'
import { TextTransformer, type TextTransformerConfig } from '@winnow/layers'
import { MaskedLanguageHead } from './masked-language-head.ts'
import { maxPooledLogits } from './max-pooled-logits.ts'
import { type SpecialIds, usualSpecialIds } from './special-ids.ts'

/** Plain JSON. What is not said here is as in `TextTransformer` of @winnow/layers. */
export interface PassageEncoderConfig
  extends Pick<
    TextTransformerConfig,
    | 'vocabulary'
    | 'tokens'
    | 'features'
    | 'depth'
    | 'heads'
    | 'hidden'
    | 'order'
    | 'norm'
    | 'epsilon'
    | 'activation'
    | 'gated'
    | 'bias'
    | 'dropout'
  > {
  /** `learned` by default. */
  readonly positions?: 'learned' | 'sinCos'
  /** 0 to 3 by default, as a tokenizer with `PASSAGE_TOKENS` has them. */
  readonly special?: SpecialIds
}

/** What {@link PassageEncoder.forward} gives. */
export interface EncodedPassages {
  /** Of the first token: `[batch, features]`. */
  readonly class: Tensor
  /** All tokens, the first among them: `[batch, tokens, features]`. */
  readonly tokens: Tensor
}

/** Options of {@link PassageEncoder.forward}. */
export interface EncodeOptions {
  /** 1 = a token, 0 = padding: `[batch, tokens]`; by default what is not the padding id. */
  readonly mask?: Tensor
}

/** See the top of the file. Slots: `transformer...`, `head...`. */
export class PassageEncoder extends Module {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'PassageEncoder'
  readonly config: PassageEncoderConfig
  readonly special: SpecialIds
  readonly transformer: TextTransformer
  readonly head: MaskedLanguageHead

  /** @throws WinnowError for sizes that are not whole numbers >= 1, or do not fit together */
  constructor(config: PassageEncoderConfig, rng: Rng) {
    super()
    const { special = usualSpecialIds, ...rest } = config
    check(
      config.tokens >= 3,
      () => `PassageEncoder: tokens: ${config.tokens} came, expected at least 3`,
    )
    this.config = config
    this.special = special
    this.transformer = new TextTransformer({ ...rest, embeddingNorm: true }, rng.split())
    const { features, epsilon = 1e-6, activation = 'gelu' } = config
    this.head = new MaskedLanguageHead({ features, epsilon, activation }, rng.split())
  }

  /**
   * Ids int32 `[batch, tokens]`, the class token first.
   *
   * @throws WinnowError when ids have another type or shape, or are too many
   */
  forward(ids: Tensor, context?: Context, options: EncodeOptions = {}): EncodedPassages {
    const { mask = this.realTokens(ids) } = options
    const { tokens } = this.transformer.forward(ids, context, { mask })
    const [batch, , features] = tokens.shape as [number, number, number]
    const first = reshape(slice(tokens, [0, 0, 0], [batch, 1, features]), [batch, features])
    return { class: first, tokens }
  }

  /** A logit for each entry of the vocabulary: `[..., features]` to `[..., vocabulary]`. */
  logits(hidden: Tensor): Tensor {
    return this.transformer.embedding.logits(this.head.forward(hidden))
  }

  /**
   * The largest logit of each entry over all tokens but the first and padding: `[batch, vocabulary]`.
   *
   * @param headed tokens that went through `head`: `[batch, tokens, features]`
   * @param real true for tokens that are not padding: `[batch, tokens]`
   */
  pooledLogits(headed: Tensor, real: Tensor): Tensor {
    const [batch, tokens, features] = headed.shape as [number, number, number]
    return maxPooledLogits(
      slice(headed, [0, 1, 0], [batch, tokens - 1, features]),
      this.transformer.embedding.weight.value,
      slice(real, [0, 1], [batch, tokens - 1]),
    )
  }

  /** The mean of the real tokens: `[batch, features]`. */
  mean(ids: Tensor, { tokens }: EncodedPassages): Tensor {
    return tidy(() => {
      const real = reshape(cast(this.realTokens(ids), 'float32'), [...ids.shape, 1])
      // Every passage has its class token, so that no count is zero.
      return div(sum(mul(tokens, real), 1), sum(real, 1))
    })
  }

  /** What stands before the first block for ids: `[batch, tokens, features]`, without dropout. */
  embed(ids: Tensor): Tensor {
    return this.place(this.transformer.embedding.forward(ids))
  }

  /** Rows `[batch, tokens, features]` with the positions' rows added, and normalised as embeddings are. */
  place(rows: Tensor): Tensor {
    const { positions, embeddingNorm } = this.transformer
    const count = rows.shape[1] as number
    const placed: Tensor = positions === undefined ? rows : add(rows, positions.rows(count))
    return embeddingNorm?.forward(placed) ?? placed
  }

  /** Bool `[batch, tokens]`: false for padding. */
  realTokens(ids: Tensor): Tensor {
    return notEqual(ids, this.special.padding)
  }
}
