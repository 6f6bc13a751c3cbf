/**
 * What `winnow train codec` can be told, and the model and data that follow from it.
 */

import {
  type CodecImage,
  FactorizedPriorCodec,
  HyperpriorCodec,
  type LatentCodec,
} from '@winnow/compression'
import {
  type ArrayDataset,
  check,
  fromArrays,
  Rng,
  randomFlip,
  rangeNormalisation,
} from '@winnow/core'
import type { RunData, RunSettings } from '../run/kind.ts'
import { patchesOf, photoParts, readPhotos } from './photos.ts'

/** Ways of foretelling latents, by name. */
export const PRIOR_NAMES = ['hyperprior', 'factorized'] as const

/** What of the latents tells of the rest. */
export const CONTEXT_NAMES = ['none', 'channels', 'checkerboard'] as const

/** How transforms begin. */
export const START_NAMES = ['wavelets', 'random'] as const

/** The options of the command, as commander gives them. */
export interface CodecSettings extends RunSettings {
  readonly prior: (typeof PRIOR_NAMES)[number]
  readonly context: (typeof CONTEXT_NAMES)[number]
  /** At random where none is told. */
  readonly start?: (typeof START_NAMES)[number]
  readonly channels: number
  readonly latents: number
  /** Rising weights of the error. */
  readonly lambdas: readonly number[]
  /** Pixels a side of a training patch. */
  readonly crop: number
  /** How many patches are cut. */
  readonly patches: number
  /** Photos are scaled down to this many pixels on the longer side. */
  readonly longest?: number
}

/** Patches in three parts, and whole photos that no patch was cut from. */
export interface CodecData extends RunData {
  /** Larger patches of the training photos, `[n, side, side, 3]` bytes, to make the codec ready with. */
  readonly larger: { readonly data: Uint8Array; readonly shape: readonly number[] }
  readonly photos: readonly CodecImage[]
}

const VALIDATION_PATCHES = 64
const TEST_PATCHES = 64
/** Whole photos that are measured at the end. */
const MOST_PHOTOS = 8
/** How many patches the codec is made ready with, and how large they are at most. */
const LARGER_PATCHES = 24
const LARGER_SIDE = 256

/** Reads photos and cuts patches from them. */
export async function codecData(settings: CodecSettings): Promise<CodecData> {
  const { data: folder, seed, batch, crop, patches, longest } = settings
  check(folder !== undefined, () => '--data: none came, expected a folder of photos')
  const parts = await photoParts(folder)
  const rng = new Rng(seed).fold(108)
  const unit = rangeNormalisation({ to: [0, 1] })
  const cut = (photos: readonly CodecImage[], count: number, side = crop) =>
    patchesOf(photos, { side, count, rng: rng.split() })
  const dataset = (photos: readonly CodecImage[], count: number): ArrayDataset =>
    fromArrays(cut(photos, count)).normalise(unit)
  const photos = await readPhotos(parts.train, longest)
  const training = dataset(photos, patches)
  check(
    training.length >= batch,
    () => `--batch: ${batch} came, but only ${training.length} patches are there to train on`,
  )
  const test = await readPhotos(parts.test.slice(0, MOST_PHOTOS), longest)
  const shortest = Math.max(...photos.map(({ width, height }) => Math.min(width, height)))
  const side = Math.max(crop, Math.min(LARGER_SIDE, Math.floor(shortest / 64) * 64))
  return {
    name: parts.name,
    training: training.shuffle().batch(batch).augment(randomFlip()),
    trainingItems: training.length,
    stepsPerEpoch: Math.floor(training.length / batch),
    validation: dataset(await readPhotos(parts.validation, longest), VALIDATION_PATCHES),
    test: dataset(test, TEST_PATCHES),
    input: training.itemShape,
    normalisation: undefined,
    larger: cut(photos, LARGER_PATCHES, side),
    photos: test,
  }
}

/** The model that the settings describe. */
export function codecModel(settings: CodecSettings): LatentCodec {
  const { prior, context, start = 'random', channels, latents, lambdas, seed } = settings
  const lambda = lambdas.length === 1 ? (lambdas[0] as number) : lambdas
  const rng = new Rng(seed)
  if (prior === 'hyperprior')
    return new HyperpriorCodec({ channels, latents, lambda, context, start }, rng)
  check(context === 'none', () => `--context: ${context} came, and a factorised prior has none`)
  return new FactorizedPriorCodec({ channels, latents, lambda, start }, rng)
}
