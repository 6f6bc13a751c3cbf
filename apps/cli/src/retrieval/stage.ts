/**
 * The settings and data of one stage of a retriever.
 */
import { join } from 'node:path'
import { ArrayDataset, type Batches, check, type HostArray, Rng, restore } from '@winnow/core'
import { encodePassages, pairDataset, passageArrays, RetrievalPretraining } from '@winnow/retrieval'
import { type Tokenizer, tokenizerFrom } from '@winnow/text'
import { readJson } from '../run/json.ts'
import type { RunData, RunSettings } from '../run/kind.ts'
import { pretraining, pretrainingBatches, tuningBatches, WAYS } from './contestants.ts'
import { type EncoderSettings, queryTokens, type RetrievalData, retrievalData } from './settings.ts'

/** Pre-training in a way, or fine-tuning. */
export const STAGES: readonly [...typeof WAYS, 'tune'] = [...WAYS, 'tune']

/** What a fine-tuned model gives. */
export const EMBEDDING_NAMES = ['dense', 'hybrid'] as const

/** The options of the command, as commander gives them. */
export interface StageSettings extends RunSettings, Omit<EncoderSettings, keyof RunSettings> {
  readonly stage: (typeof STAGES)[number]
  readonly embedding: (typeof EMBEDDING_NAMES)[number]
  /** The folder of a pre-training run to start from. */
  readonly from?: string
  /** So many probes in a row without a better nDCG@10 end the training. */
  readonly patience?: number
}

/** See the top of the file. */
export interface StageData extends RunData {
  readonly settings: StageSettings
  readonly retrieval: RetrievalData
  readonly pretrained: RetrievalPretraining | undefined
}

/** Passages or pairs that are looked at after each epoch. */
const MOST_VALIDATION_ITEMS = 256

export async function stageData(settings: StageSettings): Promise<StageData> {
  const { stage, from, batch, seed } = settings
  const earlier = from === undefined ? undefined : await readEarlier(from)
  const known = await retrievalData(
    { ...settings, ...(earlier && sizesOf(earlier.model)) },
    earlier?.tokenizer,
  )
  const retrieval = earlier ? { ...known, encoder: earlier.model.config.encoder } : known
  const common = {
    name: retrieval.set.name,
    input: [retrieval.encoder.tokens],
    normalisation: undefined,
    settings,
    retrieval,
    pretrained: earlier?.model,
  }
  if (stage === 'tune') {
    const training = await tuningBatches(retrieval, batch)
    const validation = validationPairs(retrieval)
    return { ...common, ...counted(training, retrieval.pairs.length), validation, test: validation }
  }
  using model = pretraining(stage, retrieval, seed)
  const training = pretrainingBatches(model, retrieval, batch)
  const validation = await validationPassages(model, retrieval)
  return {
    ...common,
    ...counted(training, retrieval.passages.length),
    validation,
    test: validation,
  }
}

function counted(
  training: Batches,
  items: number,
): Pick<RunData, 'training' | 'trainingItems' | 'stepsPerEpoch'> {
  return { training, trainingItems: items, stepsPerEpoch: Math.floor(items / training.size) }
}

async function readEarlier(
  folder: string,
): Promise<{ readonly model: RetrievalPretraining; readonly tokenizer: Tokenizer }> {
  const tokenizer = tokenizerFrom(await readJson(join(folder, 'tokenizer.json')))
  const model = await restore(RetrievalPretraining, join(folder, 'model.safetensors'))
  check(
    model.config.encoder.vocabulary === tokenizer.vocabulary,
    () =>
      `${folder}: the model knows ${model.config.encoder.vocabulary} entries, its tokenizer ${tokenizer.vocabulary}`,
  )
  return { model, tokenizer }
}

/** The sizes of a model hold, whatever the command says. */
function sizesOf({
  config: { encoder },
}: RetrievalPretraining): Pick<EncoderSettings, 'context' | 'width' | 'depth' | 'heads'> {
  const { tokens, features, depth, heads } = encoder
  return { context: tokens, width: features, depth, heads }
}

/** Passages with what is hidden of them settled once. */
async function validationPassages(
  model: RetrievalPretraining,
  { set, tokenizer, encoder }: RetrievalData,
): Promise<ArrayDataset> {
  const texts = set.validation.documents.slice(0, MOST_VALIDATION_ITEMS).map(({ text }) => text)
  const passages = encodePassages(tokenizer, texts, { tokens: encoder.tokens })
  const batches = model.batches(passages.batch(texts.length))
  for await (const batch of batches.epoch(new Rng(0), 0)) return new ArrayDataset({ ...batch })
  throw new Error('a batch of all passages is one batch')
}

function validationPairs({ set, tokenizer, encoder }: RetrievalData): ArrayDataset {
  const { queries, documents, qrels } = set.validation
  const rows = new Map(documents.map(({ id }, row) => [id, row]))
  const asked = queries.slice(0, MOST_VALIDATION_ITEMS)
  const ids = (
    texts: readonly { readonly text: string }[],
    tokens: number,
  ): HostArray<Int32Array> =>
    passageArrays(
      tokenizer,
      texts.map(({ text }) => text),
      { tokens },
    ).ids
  return pairDataset({
    queries: ids(asked, queryTokens(encoder.tokens)),
    documents: ids(documents, encoder.tokens),
    pairs: asked.map(({ id }, query): [number, number] => {
      const [answer] = [...(qrels.get(id)?.keys() ?? [])]
      return [query, rows.get(answer ?? '') ?? 0]
    }),
    // As in training, each has one negative: here the next document.
    negatives: asked.map((_, i) => [(i + 1) % documents.length]),
  })
}
