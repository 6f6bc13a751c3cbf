/**
 * A language model (GPT: Radford et al., 2018; with the norm first as in GPT-2, 2019): a causal transformer that tells the
 * next token from those before, its output tied to its embedding (Press and Wolf, 2017).
 *
 *     loss = mean over tokens of -log p(token | tokens before)
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { mean, reshape, slice, tidy } from '@tensorflow/tfjs-core'
import {
  type Batch,
  type Context,
  check,
  type HostBatch,
  inputsOf,
  type LossResult,
  Module,
  type Rng,
  unknownName,
} from '@winnow/core'
import {
  checkIds,
  type KeyValueCache,
  TextTransformer,
  type TextTransformerConfig,
  type TextTransformerOptions,
  type TokenPlace,
  tokenLosses,
} from '@winnow/layers'

/** Plain JSON, so that a checkpoint can rebuild the model. What is not said here is as in {@link TextTransformer}. */
export interface LanguageModelConfig
  extends Pick<
    TextTransformerConfig,
    | 'vocabulary'
    | 'tokens'
    | 'features'
    | 'depth'
    | 'heads'
    | 'hidden'
    | 'keyValueHeads'
    | 'positions'
    | 'rotary'
    | 'norm'
    | 'epsilon'
    | 'activation'
    | 'gated'
    | 'bias'
    | 'dropout'
  > {
  /** What {@link LanguageModel.features} gives: the mean of all tokens, or the last one; `mean` by default. */
  readonly pool?: 'mean' | 'last'
}

/** Replaces what is at one place of the model, such as by a sparse autoencoder's reconstruction. */
export interface Edit {
  readonly at: TokenPlace
  /** `[batch, tokens, features]` to the same shape. */
  readonly fn: (activations: Tensor) => Tensor
}

/** Options of {@link LanguageModel.forward}. */
export interface LanguageModelOptions
  extends Pick<TextTransformerOptions, 'observe' | 'caches' | 'position'> {
  readonly edit?: Edit
}

/** What {@link LanguageModel.forward} gives. */
export interface LanguageModelResult {
  /** Of the token after each one: `[batch, tokens, vocabulary]`. */
  readonly logits: Tensor
  /** Before the first block: `[batch, tokens, features]`, as those that follow. */
  readonly embedded: Tensor
  /** After each block. */
  readonly blocks: Tensor[]
  /** After the final norm: what the logits are products of. */
  readonly last: Tensor
}

/** See the top of the file. `new LanguageModel(config, rng)`, trained by `fit` on ids int32 `[batch, tokens + 1]`. */
export class LanguageModel extends Module {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'LanguageModel'
  readonly config: LanguageModelConfig
  readonly transformer: TextTransformer

  /** @throws WinnowError for sizes that are not whole numbers >= 1, or do not fit together, and for unknown names */
  constructor(config: LanguageModelConfig, rng: Rng) {
    super()
    const { pool = 'mean', ...rest } = config
    if (pool !== 'mean' && pool !== 'last') {
      throw unknownName('LanguageModel: pool', pool, ['mean', 'last'])
    }
    this.config = config
    this.transformer = new TextTransformer({ ...rest, causal: true }, rng)
  }

  /**
   * Logits and activations for ids int32 `[batch, tokens]`, from 1 token to `config.tokens`. With caches the ids are those
   * from `position` on.
   *
   * @throws WinnowError when ids have another type or shape, are too many, or the edit's place is not there
   */
  forward(ids: Tensor, context?: Context, options: LanguageModelOptions = {}): LanguageModelResult {
    const hidden = this.hidden(ids, context, options)
    return { logits: this.transformer.embedding.logits(hidden.last), ...hidden }
  }

  /** {@link LanguageModel.forward} outside of training, such as with an edit. */
  run(ids: Tensor, options: LanguageModelOptions = {}): LanguageModelResult {
    return this.forward(ids, undefined, options)
  }

  /** {@link LanguageModel.forward} without the logits. */
  hidden(
    ids: Tensor,
    context?: Context,
    options: LanguageModelOptions = {},
  ): Omit<LanguageModelResult, 'logits'> {
    const { edit, ...rest } = options
    const { tokens, embedded, blocks } = this.transformer.forward(ids, context, {
      ...rest,
      ...(edit && { edit: this.#editing(edit) }),
    })
    return { embedded, blocks, last: tokens }
  }

  /** Of each sequence as a vector: `[batch, features]`. */
  features(ids: Tensor, context?: Context): Tensor {
    return tidy(() => {
      const { last } = this.hidden(ids, context)
      if (this.config.pool !== 'last') return mean(last, 1)
      const [batch, count, features] = last.shape as [number, number, number]
      return reshape(slice(last, [0, count - 1, 0], [batch, 1, features]), [batch, features])
    })
  }

  /**
   * What each token but the first costs: ids int32 `[batch, tokens + 1]` to nats `[batch, tokens]`. The logits of a whole
   * batch exist once, and not at all after.
   */
  nats(ids: Tensor, context?: Context, options: LanguageModelOptions = {}): Tensor {
    this.#checkSequences(ids)
    const [batch, length] = ids.shape as [number, number]
    const count = length - 1
    return tidy(() => {
      const { last } = this.hidden(slice(ids, [0, 0], [batch, count]), context, options)
      const targets = reshape(slice(ids, [0, 1], [batch, count]), [batch * count])
      const rows = reshape(last, [batch * count, this.config.features])
      const { weight } = this.transformer.embedding
      return reshape(tokenLosses(rows, weight.value, targets), [batch, count])
    })
  }

  /** Nats per token. `batch` is ids int32 `[batch, tokens + 1]`, or a record with such `inputs`. */
  loss(batch: Batch, context: Context): LossResult {
    return { loss: mean(this.nats(inputsOf(batch), context)) }
  }

  /** An empty cache for each block, for `batch` sequences. Whoever asks for them disposes them. */
  newCaches(batch: number): KeyValueCache[] {
    return this.transformer.newCaches(batch)
  }

  /** Refuses data that are not ids of the vocabulary, in sequences of 2 to `tokens + 1`. */
  checkData({ inputs }: HostBatch): void {
    const { data, shape } = inputs
    const { vocabulary, tokens } = this.config
    check(
      data instanceof Int32Array && shape.length === 2,
      () =>
        `LanguageModel: data: ${data instanceof Int32Array ? 'int32' : 'float32'} [${shape}] came, expected int32 ids [batch, tokens + 1]`,
    )
    const length = shape[1] as number
    check(
      length >= 2 && length <= tokens + 1,
      () => `LanguageModel: data: sequences of ${length} ids came, expected 2 to ${tokens + 1}`,
    )
    checkIds('LanguageModel: data', data, vocabulary)
  }

  #editing({ at, fn }: Edit): NonNullable<TextTransformerOptions['edit']> {
    const places = ['embedded', ...this.transformer.blocks.map((_, i) => `blocks.${i}`), 'last']
    if (!places.includes(at)) throw unknownName('LanguageModel: edit: at', at, places)
    return (place, tokens) => (place === at ? fn(tokens) : undefined)
  }

  #checkSequences(ids: Tensor): void {
    check(
      ids.rank === 2 && ids.dtype === 'int32' && (ids.shape[1] as number) >= 2,
      () =>
        `LanguageModel: ids: a ${ids.dtype} tensor of shape [${ids.shape}] came, expected int32 [batch, tokens + 1]`,
    )
  }
}
