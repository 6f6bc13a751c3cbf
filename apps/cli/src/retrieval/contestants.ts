/**
 * What `winnow compare retrieval` trains: one encoder, pre-trained in several ways, each fine-tuned in the same way.
 */
import {
  adamW,
  type Batches,
  copyInto,
  type FitCallbacks,
  fit,
  muon,
  type Optimizer,
  Rng,
  warmupCosine,
} from '@winnow/core'
import {
  Bm25Index,
  dupMae,
  type EmbeddingConfig,
  maskedLanguageModel,
  mineHardNegatives,
  pairDataset,
  type RetrievalPretraining,
  Retriever,
  retroMae,
} from '@winnow/retrieval'
import type { RetrievalData } from './settings.ts'

/** Ways of pre-training by name. */
export const WAYS = ['mlm', 'retroMae', 'dupMae'] as const
export type Way = (typeof WAYS)[number]

/** The model of a way. The same share of words is hidden in all. */
export function pretraining(way: Way, data: RetrievalData, seed: number): RetrievalPretraining {
  const choice = { encoder: data.encoder, encoderMask: 0.3 }
  const rng = new Rng(seed)
  switch (way) {
    case 'mlm':
      return maskedLanguageModel(choice, rng)
    case 'retroMae':
      return retroMae(choice, rng)
    case 'dupMae':
      return dupMae(choice, rng)
  }
}

/** What a run of `fit` is told. */
export interface StageOptions {
  readonly steps: number
  readonly seed: number
  readonly callbacks: readonly FitCallbacks[]
  readonly signal?: AbortSignal
}

/** Batches to pre-train on. */
export function pretrainingBatches(
  model: RetrievalPretraining,
  data: RetrievalData,
  batch: number,
): Batches {
  return model.batches(data.passages.shuffle().batch(batch))
}

/** Muon for the matrices, as for language models: a tenth of the updates to rise, then a cosine to zero. */
export function pretrainingOptimizer(learningRate: number, steps: number): Optimizer {
  return muon({
    learningRate: warmupCosine({ peak: learningRate, warmup: Math.ceil(steps / 10), steps }),
    betas: [0.9, 0.95],
    weightDecay: 0.1,
    clipNorm: 1,
  })
}

/** How the vectors of each contestant are made. */
export const EMBEDDINGS: Readonly<Record<'dense' | 'hybrid', EmbeddingConfig>> = {
  dense: { kind: 'mean' },
  hybrid: { kind: 'hybrid', dense: 256, lexicalTopN: 256 },
}

/** A retriever that starts with a pre-trained encoder, or with none. */
export function tunedFrom(
  pretrained: RetrievalPretraining | undefined,
  data: RetrievalData,
  embedding: EmbeddingConfig,
  seed: number,
): Retriever {
  const retriever = new Retriever({ encoder: data.encoder, embedding }, new Rng(seed).fold(7))
  const source = pretrained ?? pretraining('mlm', data, seed)
  copyInto(source.encoder, retriever.encoder)
  if (pretrained === undefined) source.dispose()
  return retriever
}

/** AdamW with a smaller rate: a tenth of the updates to rise, then a cosine to zero. */
export function tuningOptimizer(learningRate: number, steps: number): Optimizer {
  return adamW({
    learningRate: warmupCosine({ peak: learningRate, warmup: Math.ceil(steps / 10), steps }),
    weightDecay: 0.01,
    clipNorm: 1,
  })
}

/** Pairs of the training part, each with a hard negative that BM25 found. */
export async function tuningBatches(data: RetrievalData, batch: number): Promise<Batches> {
  const { documents, queries, qrels } = data.set.training
  const index = new Bm25Index()
  for (const { id, text } of documents) index.add(id, text)
  const rows = new Map(documents.map(({ id }, row) => [id, row]))
  const asked = data.pairs.map(([query]) => {
    const { id, text } = queries[query] as { id: string; text: string }
    return { query: text, positives: [...(qrels.get(id) ?? new Map<string, number>()).keys()] }
  })
  const mined = await mineHardNegatives(index, asked, { from: 0, to: 20, count: 1 })
  const spare = new Rng(3).uniformValues(data.pairs.length)
  const negatives = mined.map(([id], p) => [
    id === undefined
      ? Math.floor((spare[p] as number) * documents.length)
      : (rows.get(id) as number),
  ])
  return pairDataset({
    queries: data.queries,
    documents: data.documents,
    pairs: data.pairs,
    negatives,
  })
    .shuffle()
    .batch(batch)
}

/** One stage of training. */
export async function trainStage(
  model: RetrievalPretraining | Retriever,
  batches: Batches,
  optimizer: Optimizer,
  { steps, seed, callbacks, signal }: StageOptions,
): Promise<void> {
  await fit(model as Parameters<typeof fit>[0], batches, {
    epochs: Number.MAX_SAFE_INTEGER,
    steps,
    seed,
    optimizer,
    callbacks,
    ...(signal && { signal }),
  })
}
