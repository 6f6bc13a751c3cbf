/**
 * What is measured of a masked autoencoder: its error on hidden patches beside that of the mean, and what a linear probe
 * and neighbours make of its features.
 */
import { dispose, mean, squaredDifference, tensor, tidy } from '@tensorflow/tfjs-core'
import {
  type ArrayDataset,
  effectiveRank,
  evaluate,
  extractFeatures,
  type FeatureModel,
  linearProbe,
  nearestNeighbours,
  Rng,
} from '@winnow/core'
import { patchify } from '@winnow/layers'
import { type MAE, patchTargets } from '@winnow/mae'
import { number } from '../progress-bar.ts'
import { table } from '../table.ts'
import type { MaeData } from './settings.ts'

/** How good features are for telling the classes apart. */
export interface Quality {
  /** Share of the test items that a linear probe gets right, in [0, 1]. */
  readonly linearProbe: number
  /** The same for the 20 nearest neighbours by cosine. */
  readonly nearestNeighbours: number
  /** Exponential of the entropy of the singular values of the test features. */
  readonly effectiveRank: number
  readonly trainingItems: number
  readonly testItems: number
}

/** See the top of the file. */
export interface MaeMeasures {
  readonly items: number
  /** Mean square error of hidden patches, in the target's units. */
  readonly hiddenError: number
  /** The same for predicting the mean of the training data at each place. */
  readonly meanError: number
  /** Undefined where the data have no labels. */
  readonly quality: Quality | undefined
}

const BATCH = 200
const NEIGHBOURS = 20
/** Items that the mean at each place is taken over and measured on. */
const MEAN_ITEMS = 2000

/** How many items probes see; fewer where a run is watched than at its end. */
export interface ProbeItems {
  readonly train: number
  readonly test: number
}

/** At the end of a run. */
export const FINAL_PROBE: ProbeItems = { train: 10_000, test: 10_000 }

/** The error over all test data, and the quality of the features. */
export async function measureMae(model: MAE, data: MaeData): Promise<MaeMeasures> {
  const { loss = Number.NaN } = await evaluate(model, data.test, { batch: BATCH })
  return {
    items: data.test.length,
    hiddenError: loss,
    meanError: await errorOfMean(model, data),
    quality: data.labelled ? await featureQuality(model, data, FINAL_PROBE) : undefined,
  }
}

/** A linear probe and neighbours on frozen features; `model` may be anything with features. */
export async function featureQuality(
  model: FeatureModel,
  data: MaeData,
  items: ProbeItems,
): Promise<Quality> {
  const chosen = (part: ArrayDataset, most: number): ArrayDataset =>
    part.length <= most
      ? part
      : (part.split([most, part.length - most], new Rng(5))[0] as ArrayDataset)
  const train = await extractFeatures(model, chosen(data.train, items.train), { batch: BATCH })
  const test = await extractFeatures(model, chosen(data.test, items.test), { batch: BATCH })
  const { probe, accuracy } = await linearProbe(train, test)
  probe.dispose()
  const neighbours = await nearestNeighbours(train, test, {
    k: Math.min(NEIGHBOURS, train.shape[0]),
  })
  return {
    linearProbe: accuracy,
    nearestNeighbours: neighbours.accuracy,
    effectiveRank: effectiveRank(test),
    trainingItems: train.shape[0],
    testItems: test.shape[0],
  }
}

/** What predicting the training mean at each place costs, in the target's units. */
async function errorOfMean(model: MAE, data: MaeData): Promise<number> {
  const { patch, target = 'normalisedPixels' } = model.config
  const images = (part: ArrayDataset) => {
    const { inputs } = part.gather(
      Array.from({ length: Math.min(MEAN_ITEMS, part.length) }, (_, i) => i),
    )
    return tensor(inputs.data, [...inputs.shape])
  }
  const [train, test] = [images(data.train), images(data.test)]
  const error = tidy(() => {
    const average = mean(patchTargets(patchify(train, patch), target), 0, true)
    return mean(squaredDifference(patchTargets(patchify(test, patch), target), average))
  })
  const [value = Number.NaN] = await error.data()
  dispose([train, test, error])
  return value
}

/** The measures as lines of text. */
export function report({ items, hiddenError, meanError, quality }: MaeMeasures): string {
  const percent = (share: number): string => (100 * share).toFixed(1)
  const saved = percent(1 - hiddenError / meanError)
  const rows = [
    [
      'error on hidden patches',
      hiddenError.toFixed(4),
      `mean square over ${number(items)} test images; ${saved} % below that of the mean at each place, ${meanError.toFixed(4)}`,
    ],
  ]
  if (quality !== undefined) {
    const { trainingItems, testItems } = quality
    rows.push(
      [
        'linear probe',
        percent(quality.linearProbe),
        `% right of ${number(testItems)}, from ${number(trainingItems)} labels`,
      ],
      [
        'nearest neighbours',
        percent(quality.nearestNeighbours),
        `% right, ${NEIGHBOURS} by cosine`,
      ],
      ['effective rank', quality.effectiveRank.toFixed(1), 'of the features'],
    )
  }
  return table(rows, [1])
}
