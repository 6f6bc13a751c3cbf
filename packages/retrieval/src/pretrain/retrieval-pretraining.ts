/**
 * Pre-training of a passage encoder, of independent parts:
 *
 *     loss = L_enc + L_cls + weight L_bow
 *
 * L_enc tells hidden words from those around (Devlin et al., 2019); L_cls rebuilds all words from the passage's vector and
 * a choice of the others (RetroMAE: Xiao, Liu, Shao and Cao, 2022); L_bow names the words from the other tokens' vectors
 * (DupMAE: Liu, Xiao, Shao and Cao, 2023). Spec 056.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  cast,
  div,
  logicalAnd,
  maximum,
  mul,
  notEqual,
  reshape,
  sum,
  tidy,
} from '@tensorflow/tfjs-core'
import {
  type Batches,
  type Context,
  check,
  type HostBatch,
  type LossResult,
  Module,
  type Rng,
} from '@winnow/core'
import { checkIds, tokenLosses } from '@winnow/layers'
import { hiddenTokens, type Mask } from '@winnow/masking'
import { PassageEncoder, type PassageEncoderConfig } from '../encoder/passage-encoder.ts'
import { normalised, type PassageModel, type Representation } from '../finetune/representation.ts'
import { bagOfWordsLoss } from './bag-of-words.ts'
import { collator, hiddenCount } from './collate.ts'
import { EnhancedDecoder } from './enhanced-decoder.ts'

/** Plain JSON, so that a checkpoint can rebuild encoder, head and decoder, and pre-training can go on. */
export interface RetrievalPretrainingConfig {
  readonly encoder: PassageEncoderConfig
  /** Share of the tokens that is hidden from the encoder; 0.3 by default. */
  readonly encoderMask?: number
  /** Of the hidden tokens, the shares that become the mask token and a random id; 0.8 and 0.1 by default. */
  readonly corruption?: { readonly mask: number; readonly random: number }
  /** The enhanced decoder; none by default. */
  readonly decoder?: {
    /** Share of the words that a row does not see; 0.5 by default. */
    readonly mask?: number
    /** How many choices of words each passage's rows pick from; 32 by default. */
    readonly pool?: number
    /** As the encoder's by default. */
    readonly heads?: number
    /** 4 times the width by default. */
    readonly hidden?: number
  }
  /** The bag of words; none by default. */
  readonly bagOfWords?: { readonly weight: number }
}

/** What the collator makes: see `collator`. */
export type PretrainingBatch = { readonly [field: string]: Tensor } & {
  readonly inputs: Tensor
  readonly masked: Tensor
  readonly order: Tensor
  readonly restore: Tensor
  readonly targets: Tensor
  readonly visible?: Tensor
  readonly bag?: Tensor
}

/** See the top of the file. Slots: `encoder...`, and with a decoder `decoder...`. */
export class RetrievalPretraining extends Module implements PassageModel {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'RetrievalPretraining'
  readonly config: RetrievalPretrainingConfig
  readonly encoder: PassageEncoder
  readonly decoder: EnhancedDecoder | undefined

  /** @throws WinnowError for shares outside (0, 1), and what the encoder refuses */
  constructor(config: RetrievalPretrainingConfig, rng: Rng) {
    super()
    const { encoder, encoderMask = 0.3, decoder, bagOfWords } = config
    checkShare('encoderMask', encoderMask)
    const { hidden } = hiddenCount(encoder.tokens, encoderMask)
    check(
      hidden >= 1,
      () => `RetrievalPretraining: encoderMask: ${encoderMask} of ${encoder.tokens} hides none`,
    )
    if (decoder !== undefined) checkShare('decoder.mask', decoder.mask ?? 0.5)
    check(
      bagOfWords === undefined || (Number.isFinite(bagOfWords.weight) && bagOfWords.weight >= 0),
      () =>
        `RetrievalPretraining: bagOfWords.weight: ${bagOfWords?.weight} came, expected a number >= 0`,
    )
    this.config = config
    this.encoder = new PassageEncoder(encoder, rng.split())
    const { features, heads } = encoder
    const { mask: _, pool: __, ...size } = decoder ?? {}
    this.decoder =
      decoder === undefined
        ? undefined
        : new EnhancedDecoder({ features, heads, ...size }, rng.split())
  }

  /**
   * Batches of passages (`encodePassages`) with what is hidden settled: what `fit` and `evaluate` take.
   *
   * @param passages batches, which settle order and size: `passages.shuffle().batch(32)`
   */
  batches(passages: Batches): Batches {
    const { encoder, encoderMask = 0.3, decoder, bagOfWords } = this.config
    return passages.map(
      collator({
        vocabulary: encoder.vocabulary,
        special: this.encoder.special,
        encoderMask,
        corruption: this.config.corruption ?? { mask: 0.8, random: 0.1 },
        decoder: decoder && { mask: decoder.mask ?? 0.5, pool: decoder.pool ?? 32 },
        bagOfWords: bagOfWords !== undefined,
      }),
    )
  }

  /** The loss and its parts in nats: `masked`, and where there are such `bottleneck` and `bag`. */
  loss(batch: PretrainingBatch, context: Context): LossResult {
    const { bagOfWords } = this.config
    const { inputs: ids, targets, bag } = batch
    const real = this.encoder.realTokens(ids)
    const code = this.encoder.forward(batch.masked, context, { mask: real })
    const mask = maskOf(batch)
    const { head } = this.encoder
    // Without a bag of words only hidden tokens need the head.
    const headed = bagOfWords === undefined ? undefined : head.forward(code.tokens)
    const asked =
      headed === undefined
        ? head.forward(hiddenTokens(code.tokens, mask))
        : hiddenTokens(headed, mask)
    const { padding } = this.encoder.special
    const masked = this.#tokenLoss(asked, targets, notEqual(targets, padding))
    let loss = masked
    const parts: Record<string, Tensor> = { masked }
    if (this.decoder !== undefined) {
      const bottleneck = this.bottleneckLoss(batch, code.class, context)
      loss = add(loss, bottleneck)
      parts['bottleneck'] = bottleneck
    }
    if (headed !== undefined && bagOfWords !== undefined) {
      const named = bagOfWordsLoss(this.encoder.pooledLogits(headed, real), given('bag', bag))
      loss = add(loss, mul(named, bagOfWords.weight))
      parts['bag'] = named
    }
    return { ...parts, loss }
  }

  /**
   * L_cls: what the decoder makes of vectors `[batch, features]` for a batch's passages; a scalar.
   *
   * @throws WinnowError when there is no decoder
   */
  bottleneckLoss(batch: PretrainingBatch, vectors: Tensor, context?: Context): Tensor {
    const { decoder, encoder } = this
    check(
      decoder !== undefined,
      () => 'RetrievalPretraining: bottleneckLoss: the model has no decoder',
    )
    const { inputs: ids } = batch
    const { padding, class: first, separator } = encoder.special
    const decoded = decoder.forward(vectors, ids, given('visible', batch.visible), encoder, context)
    const counted = [first, separator].reduce(
      (all, id) => logicalAnd(all, notEqual(ids, id)),
      notEqual(ids, padding),
    )
    return this.#tokenLoss(encoder.head.forward(decoded), ids, counted)
  }

  /** The vectors of passages as they are now, of length 1, for a probe while pre-training. */
  represent(ids: Tensor): Representation {
    return normalised({ dense: this.encoder.forward(ids).class })
  }

  /** Refuses batches that did not go through {@link RetrievalPretraining.batches}, and ids that are not there. */
  checkData({ inputs, masked, order, visible, bag }: HostBatch): void {
    const { encoder, decoder, bagOfWords } = this.config
    check(
      inputs.data instanceof Int32Array && masked !== undefined && order !== undefined,
      () =>
        'RetrievalPretraining: data: batches of passages alone came, expected them through `batches(...)`',
    )
    check(
      (decoder === undefined || visible !== undefined) &&
        (bagOfWords === undefined || bag !== undefined),
      () =>
        "RetrievalPretraining: data: `visible` or `bag` is missing, expected this model's own `batches(...)`",
    )
    checkIds('RetrievalPretraining: data', inputs.data, encoder.vocabulary)
  }

  /** The mean of -log p(target) over the rows that count. */
  #tokenLoss(headed: Tensor, targets: Tensor, counted: Tensor): Tensor {
    return tidy(() => {
      const { features } = this.config.encoder
      const nats = tokenLosses(
        reshape(headed, [targets.size, features]),
        this.encoder.transformer.embedding.weight.value,
        reshape(targets, [targets.size]),
      )
      const weights = reshape(cast(counted, 'float32'), [targets.size])
      return div(sum(mul(nats, weights)), maximum(sum(weights), 1))
    })
  }
}

function maskOf({ order, restore, targets }: PretrainingBatch): Mask {
  const tokens = order.shape[1] as number
  const hidden = targets.shape[1] as number
  return { order, restore, hidden, kept: tokens - hidden, tokens }
}

function given(name: string, x: Tensor | undefined): Tensor {
  check(
    x !== undefined,
    () =>
      `RetrievalPretraining: batch: no '${name}', expected a batch of this model's batches(...)`,
  )
  return x
}

function checkShare(name: string, share: number): void {
  check(
    share > 0 && share < 1,
    () => `RetrievalPretraining: ${name}: ${share} came, expected a number between 0 and 1`,
  )
}
