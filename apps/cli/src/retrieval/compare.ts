/**
 * The comparison of `winnow compare retrieval`: BM25, one encoder untrained and pre-trained in three ways, each fine-tuned
 * alike, and each with BM25 by reciprocal-rank fusion.
 */
import type { Batches, FitCallbacks } from '@winnow/core'
import {
  bottleneckGap,
  type Interval,
  type ProbeValue,
  type RetrievalPretraining,
  type Retriever,
  type Run,
  retrievalProbe,
} from '@winnow/retrieval'
import { secondsPerStep } from '../run/pace.ts'
import {
  EMBEDDINGS,
  pretraining,
  pretrainingBatches,
  pretrainingOptimizer,
  trainStage,
  tunedFrom,
  tuningBatches,
  tuningOptimizer,
  WAYS,
  type Way,
} from './contestants.ts'
import {
  bestWeight,
  bm25Run,
  fusedRun,
  gainOf,
  measuresOf,
  modelRun,
  type SearchMeasures,
} from './measure.ts'
import type { EncoderSettings, RetrievalData } from './settings.ts'

/** The options of the command, as commander gives them. */
export interface CompareSettings extends EncoderSettings {
  readonly minutes: number
  readonly learningRate: number
  readonly tuningRate: number
  /** Updates of each stage, in place of what fits in the minutes. */
  readonly steps?: number
  /** Updates of fine-tuning; as `steps` by default. */
  readonly tuningSteps?: number
  readonly backend?: string
  readonly software?: boolean
  readonly out?: string
}

/** One way of searching, and what came of it. */
export interface ComparisonRow extends SearchMeasures {
  readonly name: string
  /** nDCG@10 less that of BM25, over the same queries; undefined for BM25 itself. */
  readonly gain: Interval | undefined
  readonly pretrainingUpdates: number
  readonly tuningUpdates: number
  readonly minutes: number
  /** How much the decoder needs the passage's vector, where there is a decoder. */
  readonly gap: number | undefined
  /** Where its list is fused with that of BM25: how much it counts, BM25 counting 1. */
  readonly weight?: number
}

/** nDCG@10 of the probe on the way. */
export interface Curve {
  readonly name: string
  readonly pretraining: readonly ProbeValue[]
  readonly tuning: readonly ProbeValue[]
}

export interface Comparison {
  readonly rows: readonly ComparisonRow[]
  readonly curves: readonly Curve[]
}

export interface CompareOptions {
  readonly signal?: AbortSignal
  /** Told when a stage begins, and what to call while it trains. */
  begin(name: string, steps: number): FitCallbacks
  end(row: ComparisonRow): void
  /** Is given each model that was fine-tuned, before it is disposed. */
  keep?(name: string, model: Retriever): Promise<void>
}

/** Of the minutes: the share of pre-training, three ways of it; and that of fine-tuning. The rest is for measuring. */
const PRETRAINING_SHARE = 0.5
const TUNING_SHARE = 0.33
/** Probes of a stage. */
const PROBES = 5
/** Passages that the bottleneck is measured on. */
const GAP_PASSAGES = 512

interface Contestant {
  readonly name: string
  readonly way: Way | undefined
  readonly embedding: keyof typeof EMBEDDINGS
}

const contestants: readonly Contestant[] = [
  { name: 'untrained', way: undefined, embedding: 'dense' },
  { name: 'MLM', way: 'mlm', embedding: 'dense' },
  { name: 'RetroMAE', way: 'retroMae', embedding: 'dense' },
  { name: 'DupMAE', way: 'dupMae', embedding: 'dense' },
  { name: 'DupMAE, dense and lexical', way: 'dupMae', embedding: 'hybrid' },
]

/** Trains and measures all, one after another. Stops between two stages when aborted. */
export async function compareRetrieval(
  settings: CompareSettings,
  data: RetrievalData,
  options: CompareOptions,
): Promise<Comparison> {
  const { test } = data
  const { signal } = options
  const rows: ComparisonRow[] = []
  const curves: Curve[] = []
  const words = await bm25Run(test, data.set.test)
  const probeWords = await bm25Run(data.probe, data.set.validation)
  const put = (row: Omit<ComparisonRow, keyof SearchMeasures | 'gain'>, run: Run): void => {
    const gain = run === words ? undefined : gainOf(run, words, test)
    const whole = { ...row, ...measuresOf(run, test), gain }
    rows.push(whole)
    options.end(whole)
  }
  const nothing = { pretrainingUpdates: 0, tuningUpdates: 0, minutes: 0, gap: undefined }
  put({ name: 'BM25', ...nothing }, words)
  const pairs = await tuningBatches(data, settings.batch)
  const known = new Map<Way, Pretrained>()
  try {
    for (const contestant of contestants) {
      signal?.throwIfAborted()
      const { name, way, embedding } = contestant
      const pretrained =
        way === undefined
          ? undefined
          : (known.get(way) ?? (await pretrain(way, settings, data, options)))
      if (way !== undefined && pretrained !== undefined) known.set(way, pretrained)
      const start = performance.now()
      using model = tunedFrom(pretrained?.model, data, EMBEDDINGS[embedding], settings.seed)
      const steps = await tuningSteps(settings, data, pairs, embedding)
      const probe = probing(model, data, steps)
      await trainStage(model, pairs, tuningOptimizer(settings.tuningRate, steps), {
        steps,
        seed: settings.seed,
        callbacks: [options.begin(`${name}, fine-tuned`, steps), probe],
        ...(signal && { signal }),
      })
      signal?.throwIfAborted()
      const minutes = (performance.now() - start) / 60_000 + (pretrained?.minutes ?? 0)
      const run = await modelRun(model, test, signal)
      const row = {
        name,
        pretrainingUpdates: pretrained?.steps ?? 0,
        tuningUpdates: steps,
        minutes,
        gap: pretrained?.gap,
      }
      put(row, run)
      // How much each list counts is settled on the queries of the probe.
      const weight = bestWeight(await modelRun(model, data.probe, signal), probeWords, data.probe)
      put({ ...row, name: `${name} + BM25`, weight }, fusedRun(run, words, weight))
      curves.push({ name, pretraining: pretrained?.probes ?? [], tuning: probe.record })
      await options.keep?.(name, model)
    }
  } finally {
    for (const { model } of known.values()) model.dispose()
  }
  return { rows, curves }
}

interface Pretrained {
  readonly model: RetrievalPretraining
  readonly steps: number
  readonly minutes: number
  readonly gap: number | undefined
  readonly probes: readonly ProbeValue[]
}

async function pretrain(
  way: Way,
  settings: CompareSettings,
  data: RetrievalData,
  { begin, signal }: CompareOptions,
): Promise<Pretrained> {
  const { seed, batch, learningRate, minutes } = settings
  const budget = (60 * minutes * PRETRAINING_SHARE) / WAYS.length
  const make = (): RetrievalPretraining => pretraining(way, data, seed)
  const model = make()
  const training = pretrainingBatches(model, data, batch)
  const steps =
    settings.steps ?? (await fitting({ training, stepsPerEpoch: 1, model: make as never }, budget))
  const start = performance.now()
  const probe = probing(model, data, steps)
  await trainStage(model, training, pretrainingOptimizer(learningRate, steps), {
    steps,
    seed,
    callbacks: [begin(`${way}, pre-training`, steps), probe],
    ...(signal && { signal }),
  })
  signal?.throwIfAborted()
  const spent = (performance.now() - start) / 60_000
  const passages = data.passages.take(GAP_PASSAGES).batch(Math.min(batch, 32))
  const gap = model.decoder === undefined ? undefined : (await bottleneckGap(model, passages)).gap
  return { model, steps, minutes: spent, gap, probes: probe.record }
}

/** As many updates as fit in its share of the time: the same time for each, and so fewer for one that costs more. */
async function tuningSteps(
  settings: CompareSettings,
  data: RetrievalData,
  training: Batches,
  embedding: keyof typeof EMBEDDINGS,
): Promise<number> {
  const given = settings.tuningSteps ?? settings.steps
  if (given !== undefined) return given
  const budget = (60 * settings.minutes * TUNING_SHARE) / contestants.length
  const model = (): Retriever => tunedFrom(undefined, data, EMBEDDINGS[embedding], settings.seed)
  return await fitting({ training, stepsPerEpoch: 1, model: model as never }, budget)
}

async function fitting(
  pacing: Parameters<typeof secondsPerStep>[0],
  budget: number,
): Promise<number> {
  return Math.max(1, Math.floor(budget / (await secondsPerStep(pacing, { budget }))))
}

function probing(
  model: RetrievalPretraining | Retriever,
  { probe }: RetrievalData,
  steps: number,
): ReturnType<typeof retrievalProbe> {
  return retrievalProbe(model, { ...probe, every: Math.max(1, Math.ceil(steps / PROBES)) })
}
