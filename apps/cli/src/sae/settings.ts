/**
 * What `winnow train sae` can be told, and the model and data that follow from it.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs-core'
import { tensor2d } from '@tensorflow/tfjs-core'
import {
  type ActivationSet,
  type ArrayDataset,
  type CollectOptions,
  collectActivations,
  fromArrays,
  memoryStore,
  Rng,
} from '@winnow/core'
import { sequences } from '@winnow/lm'
import { initialiseFromData, reluSae, type SparseAutoencoder, topKSae } from '@winnow/sae'
import { number } from '../progress-bar.ts'
import type { RunData, RunSettings } from '../run/kind.ts'
import {
  activationsFolder,
  checkPlace,
  type ReadModel,
  readLanguageModel,
  readStreams,
} from './language-model.ts'

/** The systems, by name. */
export const SAE_KINDS = ['topk', 'relu'] as const

/** The options of the command, as commander gives them. */
export interface SaeSettings extends RunSettings {
  /** The folder of the language model's run, or the name of the one that comes along. */
  readonly model: string
  readonly at: string
  readonly kind: (typeof SAE_KINDS)[number]
  readonly latents: number
  readonly k: number
  readonly l1: number
  /** Tokens of training texts whose activations are collected. */
  readonly tokens: number
  /** Tokens after which a silent latent counts as dead. */
  readonly deadAfter: number
}

/** Activations in three parts. */
export interface SaeData extends RunData {
  readonly activations: ActivationSet
  readonly settings: SaeSettings
  /** Ids that the language model is measured on, whole sequences. */
  readonly testIds: Int32Array
}

const VALIDATION_TOKENS = 8192
const TEST_TOKENS = 32_768
/** Tokens that the language model is given at a time. */
const AT_A_TIME = 2048
/** Rows that the first values are taken from. */
const SAMPLE = 8192

type Say = (line: string) => void

/**
 * The activations of a language model's texts: those for training in files, which later runs find again, the others in
 * memory.
 */
export async function saeData(settings: SaeSettings, say: Say): Promise<SaeData> {
  using source = await readLanguageModel(settings.model)
  const { model, tokenizer, hash } = source
  const at = checkPlace(model, settings.at)
  const { tokens } = model.config
  const streams = await readStreams(settings.data, tokenizer)
  const training = streams.sequences('training', tokens, settings.tokens)
  const key = createHash('sha256').update(hash).update(training).digest('hex').slice(0, 12)
  const place = streams.name.replaceAll(/[^\w.-]+/g, '-')
  const folder = join(activationsFolder(settings.model), `${at}-${place}-${key}`)
  let told = performance.now()
  let speed: number | undefined
  const activations = await collect(source, training, at, {
    folder,
    onProgress({ rows, tokensPerSecond }) {
      speed = tokensPerSecond
      if (performance.now() - told < 10_000) return
      told = performance.now()
      say(`activations: ${number(rows)} tokens so far, ${number(Math.round(speed))} tokens/s`)
    },
  })
  const how = speed === undefined ? 'found again' : `${number(Math.round(speed))} tokens/s`
  say(`activations: ${number(activations.rows)} tokens at ${at} in ${folder} (${how})`)
  const testIds = streams.sequences('test', tokens, TEST_TOKENS)
  const batches = activations.batches({ size: settings.batch })
  return {
    name: `${streams.name}-${at}`,
    activations,
    settings,
    testIds,
    training: batches,
    trainingItems: activations.rows,
    stepsPerEpoch: batches.length as number,
    validation: await heldActivations(
      source,
      streams.sequences('validation', tokens, VALIDATION_TOKENS),
      at,
    ),
    test: await heldActivations(source, testIds, at),
    input: [activations.width],
    normalisation: undefined,
  }
}

/** Test activations alone: to measure a trained model again. */
export async function testActivations(
  source: ReadModel,
  data: string,
  at: string,
): Promise<{ readonly test: ArrayDataset; readonly testIds: Int32Array }> {
  const streams = await readStreams(data, source.tokenizer)
  const testIds = streams.sequences('test', source.model.config.tokens, TEST_TOKENS)
  return { test: await heldActivations(source, testIds, at), testIds }
}

/** Activations of whole sequences of ids, in memory. */
export async function heldActivations(
  source: ReadModel,
  ids: Int32Array,
  at: string,
): Promise<ArrayDataset> {
  const set = await collect(source, ids, at, { store: memoryStore(), dtype: 'float32' })
  const data = new Float32Array(set.rows * set.width)
  let place = 0
  for await (const { inputs } of set
    .batches({ size: SAMPLE, shuffle: false, partial: 'keep' })
    .epoch(new Rng(0), 0)) {
    data.set(inputs.data as Float32Array, place)
    place += inputs.data.length
  }
  return fromArrays({ data, shape: [set.rows, set.width] })
}

function collect(
  { model, hash }: ReadModel,
  ids: Int32Array,
  at: string,
  options: Pick<CollectOptions, 'folder' | 'store' | 'dtype' | 'onProgress'>,
): Promise<ActivationSet> {
  const { tokens } = model.config
  return collectActivations(model, sequences(ids, { tokens: tokens - 1 }), {
    ...options,
    at,
    run: (inputs: Tensor) => model.hidden(inputs),
    name: `LanguageModel ${hash.slice(0, 12)}`,
    batch: Math.max(1, Math.floor(AT_A_TIME / tokens)),
    skip: 1,
  })
}

/** The model for activations. */
export function saeModel(
  settings: SaeSettings,
  { input }: Pick<SaeData, 'input'>,
): SparseAutoencoder {
  const { kind, latents, k, l1, deadAfter, seed } = settings
  const sizes = { inputs: input[0] as number, latents, deadAfter }
  const rng = new Rng(seed)
  return kind === 'topk' ? topKSae({ ...sizes, k }, rng) : reluSae({ ...sizes, l1 }, rng)
}

/** First values from some thousand rows of the training activations. */
export async function beginSae(model: SparseAutoencoder, data: SaeData): Promise<void> {
  const rows = await sampleRows(data, SAMPLE)
  const sample = tensor2d(rows, [rows.length / data.activations.width, data.activations.width])
  await initialiseFromData(model, sample)
  sample.dispose()
}

/** At most so many rows of the training activations, `[rows, width]`, always the same. */
export async function sampleRows(
  { activations }: Pick<SaeData, 'activations'>,
  most: number,
): Promise<Float32Array> {
  const size = Math.min(activations.rows, most)
  for await (const { inputs } of activations.batches({ size, seed: 0 }).epoch(new Rng(0), 0)) {
    return inputs.data as Float32Array
  }
  return new Float32Array(0)
}
