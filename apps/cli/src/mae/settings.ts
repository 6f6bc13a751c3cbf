/**
 * What `winnow train mae` can be told, and the model and data that follow from it.
 */
import {
  type ArrayDataset,
  check,
  fromArrays,
  type Normalisation,
  Rng,
  randomFlip,
  randomResizedCrop,
  standardNormalisation,
} from '@winnow/core'
import { MAE, type MAEConfig } from '@winnow/mae'
import { loadData } from '../data/load-data.ts'
import type { LoadedData } from '../data/loaded-data.ts'
import type { RunData, RunSettings } from '../run/kind.ts'

/** Ways of hiding patches of an image, by name. */
export const MASK_NAMES = ['random', 'block', 'grid'] as const

/** What can be predicted of a patch. */
export const TARGET_NAMES = ['normalisedPixels', 'pixels'] as const

/** The options of the command, as commander gives them. */
export interface MaeSettings extends RunSettings {
  readonly patch: number
  readonly width: number
  readonly depth: number
  readonly heads: number
  readonly decoderWidth: number
  readonly decoderDepth: number
  readonly mask: (typeof MASK_NAMES)[number]
  readonly ratio: number
  readonly target: (typeof TARGET_NAMES)[number]
  readonly flip?: boolean
  readonly crop?: boolean
  /** Updates between probes; 0 for none, ten a run by default. */
  readonly probe?: number
}

/** Images in three parts, with labels where the data have them. */
export interface MaeData extends RunData {
  readonly labelled: boolean
  readonly classNames: readonly string[]
  readonly normalisation: Normalisation
  /** Items that train, as they lie: for probes. */
  readonly train: ArrayDataset
}

const MOST_VALIDATION_ITEMS = 1000

/**
 * Reads images by name or path, standardised channel by channel; where there is no test part, some are held out.
 *
 * @param trainedWith the normalisation that a model was trained with; that of the data by default
 */
export async function maeData(
  settings: MaeSettings,
  trainedWith?: Normalisation,
): Promise<MaeData> {
  const { data: name, seed, batch, size, flip, crop } = settings
  const options = size === undefined ? {} : { size }
  const train = await loadData(name, { ...options, split: 'train' })
  const test = await loadData(name, { ...options, split: 'test' })
  check(
    train.shape.length === 4,
    () =>
      `${train.name}: items of shape [${train.shape.slice(1)}] came, expected images [height, width, channels]`,
  )
  const normalisation =
    trainedWith ?? standardNormalisation({ data: train.images, shape: train.shape })
  const all = dataset(train).normalise(normalisation)
  const held = Math.min(MOST_VALIDATION_ITEMS, Math.max(1, Math.floor(all.length / 20)))
  check(
    all.length - held >= batch,
    () => `--batch: ${batch} came, but only ${all.length - held} items are there to train on`,
  )
  const rng = new Rng(seed).fold(102)
  const [kept, watched] = all.split([all.length - held, held], rng) as [ArrayDataset, ArrayDataset]
  const augmentations = [
    ...(crop === true ? [randomResizedCrop()] : []),
    ...(flip === true ? [randomFlip()] : []),
  ]
  return {
    name: train.name,
    training: kept
      .shuffle()
      .batch(batch)
      .augment(...augmentations),
    trainingItems: kept.length,
    stepsPerEpoch: Math.floor(kept.length / batch),
    validation: watched,
    test: dataset(test).normalise(normalisation),
    train: kept,
    labelled: train.labels !== undefined && test.labels !== undefined,
    classNames: train.classNames ?? [],
    normalisation,
    input: all.itemShape,
  }
}

/** The model for images of a shape. */
export function maeModel(settings: MaeSettings, input: readonly number[]): MAE {
  return new MAE(maeConfig(settings, input), new Rng(settings.seed))
}

/** The configuration that the settings describe. */
export function maeConfig(settings: MaeSettings, input: readonly number[]): MAEConfig {
  const { patch, width, depth, heads, decoderWidth, decoderDepth, mask, ratio, target } = settings
  return {
    image: input as readonly [number, number, number],
    patch,
    encoder: { features: width, depth, heads },
    decoder: { features: decoderWidth, depth: decoderDepth, heads },
    mask: { kind: mask, ratio },
    target,
  }
}

function dataset({ images, shape, labels }: LoadedData): ArrayDataset {
  return fromArrays({ data: images, shape, ...(labels && { labels }) })
}
