/**
 * A retriever of one encoder for queries and passages (Karpukhin et al., 2020), fine-tuned by InfoNCE, and where a teacher
 * scored the candidates by distillation.
 *
 *     class:   c = h_cls W_c (or h_cls as it is)
 *     mean:    the mean of the real tokens in its place
 *     hybrid:  c and the largest entries of mu (DupMAE, Liu et al., 2023): score = c_q c_d + sum_v mu_q,v mu_d,v
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, div, expandDims, eye, mul, reshape, sum, topk } from '@tensorflow/tfjs-core'
import {
  type Context,
  check,
  type HostBatch,
  type LossResult,
  Module,
  type Rng,
  unknownName,
} from '@winnow/core'
import { checkIds, Linear } from '@winnow/layers'
import {
  type EncodedPassages,
  PassageEncoder,
  type PassageEncoderConfig,
} from '../encoder/passage-encoder.ts'
import { distillationLoss, marginLoss } from './distillation.ts'
import { infoNce } from './info-nce.ts'
import {
  keepLargest,
  normalised,
  type PassageModel,
  type Representation,
  score,
} from './representation.ts'

/** What a passage is searched by. */
export type EmbeddingConfig =
  | {
      readonly kind: 'class' | 'mean'
      /** Width that a learned product brings the vector to; none by default. */
      readonly dense?: number
    }
  | {
      readonly kind: 'hybrid'
      /** Width of the dense part; 0 for none. */
      readonly dense: number
      /** Entries of the vocabulary that are kept; 0 for none. */
      readonly lexicalTopN: number
    }

/** Plain JSON. */
export interface RetrieverConfig {
  readonly encoder: PassageEncoderConfig
  /** `{ kind: 'class' }` by default. */
  readonly embedding?: EmbeddingConfig
  /** `dot`, or `cosine` (of each part by itself) by default. */
  readonly similarity?: 'dot' | 'cosine'
  /** What scores are divided by in the loss; 0.05 by default with `cosine`, 1 with `dot`. */
  readonly temperature?: number
  /** How a batch's `teacher` is learnt from; batches without one are not distilled. */
  readonly distillation?: { readonly kind: 'kl' | 'margin'; readonly weight: number }
}

/** What `fit` gives the retriever. */
export type RetrievalBatch = { readonly [field: string]: Tensor } & {
  /** Queries: ids int32 `[batch, tokens]`. */
  readonly inputs: Tensor
  /** Each query's own passage, then its hard negatives: ids int32 `[batch, each, tokens]`. */
  readonly passages: Tensor
  /** Which document each passage is: int32 `[batch, each]`; all different by default. */
  readonly documents?: Tensor
  /** What the teacher thinks of each query's own candidates: `[batch, each]`. */
  readonly teacher?: Tensor
}

/** The largest entries of the lexical part. */
export interface LexicalEntries {
  /** Entries of the vocabulary, int32 `[passages, count]`, the largest first. */
  readonly indices: Tensor
  /** Their weights, of the same shape. */
  readonly values: Tensor
}

/** See the top of the file. Slots: `encoder...`, and where the dense part has a width of its own `reduce.weight`. */
export class Retriever extends Module implements PassageModel {
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'Retriever'
  readonly config: RetrieverConfig
  readonly encoder: PassageEncoder
  readonly reduce: Linear | undefined

  /** @throws WinnowError for unknown names, and an embedding without parts */
  constructor(config: RetrieverConfig, rng: Rng) {
    super()
    const { encoder, embedding = { kind: 'class' }, similarity = 'cosine', distillation } = config
    const { temperature = 1 } = config
    checkName('embedding.kind', embedding.kind, ['class', 'mean', 'hybrid'])
    checkName('similarity', similarity, ['dot', 'cosine'])
    if (distillation) checkName('distillation.kind', distillation.kind, ['kl', 'margin'])
    check(
      temperature > 0 && Number.isFinite(temperature),
      () => `Retriever: temperature: ${temperature} came, expected a number above 0`,
    )
    const { dense } = embedding
    const entries = embedding.kind === 'hybrid' ? embedding.lexicalTopN : 0
    check(
      isCount(dense ?? 1) && isCount(entries) && (dense !== 0 || entries > 0),
      () =>
        `Retriever: embedding: ${JSON.stringify(embedding)} came, expected whole numbers >= 0, and one part at least`,
    )
    this.config = config
    this.encoder = new PassageEncoder(encoder, rng.split())
    this.reduce =
      dense === undefined || dense === 0
        ? undefined
        : new Linear({ inputs: encoder.features, outputs: dense, bias: false }, rng.split())
  }

  /** What ids int32 `[passages, tokens]` are compared by; with `cosine` of length 1. */
  represent(ids: Tensor, context?: Context): Representation {
    const { embedding = { kind: 'class' }, similarity = 'cosine' } = this.config
    const code = this.encoder.forward(ids, context)
    const dense = embedding.dense === 0 ? undefined : this.#dense(ids, code)
    const entries = embedding.kind === 'hybrid' ? embedding.lexicalTopN : 0
    const lexical = entries === 0 ? undefined : keepLargest(this.#pooled(ids, code), entries)
    const found = { ...(dense && { dense }), ...(lexical && { lexical }) }
    return similarity === 'cosine' ? normalised(found) : found
  }

  /** For an index: the dense part, and the largest entries of the lexical one. */
  embed(ids: Tensor): { readonly dense?: Tensor; readonly lexical?: LexicalEntries } {
    const { embedding = { kind: 'class' } } = this.config
    const { dense, lexical } = this.represent(ids)
    if (lexical === undefined || embedding.kind !== 'hybrid') return { ...(dense && { dense }) }
    const count = Math.min(embedding.lexicalTopN, this.config.encoder.vocabulary)
    return { ...(dense && { dense }), lexical: topk(lexical, count) }
  }

  /** InfoNCE, `accuracy`, and with a teacher `distillation`. */
  loss(batch: RetrievalBatch, context: Context): LossResult {
    const { similarity = 'cosine', distillation } = this.config
    const { temperature = similarity === 'cosine' ? 0.05 : 1 } = this.config
    const { inputs, passages, documents, teacher } = batch
    const [count, each, tokens] = passages.shape as [number, number, number]
    const candidates = reshape(passages, [count * each, tokens])
    const scores = score(this.represent(inputs, context), this.represent(candidates, context))
    const { loss, accuracy } = infoNce(scores, { temperature, documents })
    if (teacher === undefined || distillation === undefined) return { loss, accuracy }
    const own = sum(mul(reshape(scores, [count, count, each]), expandDims(eye(count), -1)), 1)
    const scaled: Tensor = div(own, temperature)
    const learnt =
      distillation.kind === 'kl' ? distillationLoss(scaled, teacher) : marginLoss(scaled, teacher)
    const both: Tensor = add(loss, mul(learnt, distillation.weight))
    return { loss: both, infoNce: loss, distillation: learnt, accuracy }
  }

  /** Refuses batches without passages, and ids that are not there. */
  checkData({ inputs, passages }: HostBatch): void {
    check(
      inputs.data instanceof Int32Array &&
        inputs.shape.length === 2 &&
        passages?.data instanceof Int32Array &&
        passages.shape.length === 3,
      () =>
        `Retriever: data: inputs [${inputs.shape}] and passages [${passages?.shape}] came, expected int32 [batch, tokens] and [batch, each, tokens]`,
    )
    const { vocabulary } = this.config.encoder
    checkIds('Retriever: data', inputs.data, vocabulary)
    if (passages !== undefined) checkIds('Retriever: data', passages.data, vocabulary)
  }

  #dense(ids: Tensor, code: EncodedPassages): Tensor {
    const vector =
      this.config.embedding?.kind === 'mean' ? this.encoder.mean(ids, code) : code.class
    return this.reduce?.forward(vector) ?? vector
  }

  #pooled(ids: Tensor, { tokens }: EncodedPassages): Tensor {
    const { encoder } = this
    return encoder.pooledLogits(encoder.head.forward(tokens), encoder.realTokens(ids))
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function checkName(argument: string, name: string, known: readonly string[]): void {
  if (!known.includes(name)) throw unknownName(`Retriever: ${argument}`, name, known)
}
