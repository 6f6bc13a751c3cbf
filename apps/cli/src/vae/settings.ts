/**
 * What `winnow train vae` can be told, and the model and data that follow from it.
 */
import {
  type ArrayDataset,
  bernoulli,
  check,
  discretisedLogistic,
  fromArrays,
  gaussianLikelihood,
  type Normalisation,
  Rng,
  randomBinarise,
  rangeNormalisation,
  standardNormalisation,
  WinnowError,
} from '@winnow/core'
import { convDecoder, convEncoder, mlp } from '@winnow/layers'
import { VAE, type VAEConfig } from '@winnow/vae'
import { loadData } from '../data/load-data.ts'
import type { LoadedData } from '../data/loaded-data.ts'
import type { RunData, RunSettings } from '../run/kind.ts'

/** The likelihoods by name. */
export const LIKELIHOOD_NAMES = ['bernoulli', 'gaussian', 'discretisedLogistic'] as const

/** The options of the command, as commander gives them. */
export interface VaeSettings extends RunSettings {
  readonly latent: number
  /** Widths of the layers, or channels of the convolutions; {@link DEFAULT_HIDDEN} or {@link DEFAULT_CHANNELS} by default. */
  readonly hidden?: readonly number[]
  readonly conv?: boolean
  readonly likelihood: (typeof LIKELIHOOD_NAMES)[number]
  readonly binarise: 'random' | 'none'
  readonly beta: number
  readonly warmup: number
  readonly freeBits: number
}

const VALIDATION_ITEMS = 2000

/** Layers where none are asked for: of dense networks their widths, of convolutions their channels. */
export const DEFAULT_HIDDEN: readonly number[] = [512, 512]
export const DEFAULT_CHANNELS: readonly number[] = [32, 64]

const LIKELIHOODS = { bernoulli, gaussian: gaussianLikelihood, discretisedLogistic }

/** Reads the data by name or path; where it has no test part, a tenth is held out. */
export async function vaeData(settings: VaeSettings): Promise<RunData> {
  const { data: name, seed, batch, size } = settings
  const options = size === undefined ? {} : { size }
  const train = await loadData(name, { ...options, split: 'train' })
  const test = await loadData(name, { ...options, split: 'test' })
  const rng = new Rng(seed).fold(101)
  const normalisation = normalisationOf(train, settings)
  checkRange(train, settings, normalisation)
  const all = dataset(train, normalisation)
  const held = Math.min(VALIDATION_ITEMS, Math.max(1, Math.floor(all.length / 10)))
  check(
    all.length - held >= batch,
    () => `--batch: ${batch} came, but only ${all.length - held} items are there to train on`,
  )
  const [kept, watched] = all.split([all.length - held, held], rng) as [ArrayDataset, ArrayDataset]
  const binary = settings.likelihood === 'bernoulli' && settings.binarise === 'random'
  const batches = kept.shuffle().batch(batch)
  return {
    name: train.name,
    training: binary ? batches.augment(randomBinarise()) : batches,
    trainingItems: kept.length,
    stepsPerEpoch: Math.floor(kept.length / batch),
    validation: binary ? binarised(watched, rng) : watched,
    test: testData(test, settings, normalisation),
    normalisation,
    input: all.itemShape,
  }
}

/** The test data as they are measured: binarised once, from a seed of their own, where training binarises. */
export function testData(
  test: LoadedData,
  settings: Pick<VaeSettings, 'likelihood' | 'binarise'>,
  normalisation: Normalisation | undefined,
): ArrayDataset {
  const items = dataset(test, normalisation)
  const binary = settings.likelihood === 'bernoulli' && settings.binarise === 'random'
  return binary ? binarised(items, new Rng(2015)) : items
}

/** Bytes go to the likelihood's range; other numbers are standardised for a Gaussian and left alone otherwise. */
function normalisationOf(
  train: LoadedData,
  { likelihood }: Pick<VaeSettings, 'likelihood'>,
): Normalisation | undefined {
  if (train.images instanceof Uint8Array) {
    const { range } = LIKELIHOODS[likelihood]()
    return rangeNormalisation({ to: range === 'real' ? [0, 1] : range })
  }
  if (likelihood !== 'gaussian') return undefined
  return standardNormalisation({ data: train.images, shape: train.shape })
}

/** Numbers that nothing brings to the likelihood's range must lie there already. */
function checkRange(
  train: LoadedData,
  { likelihood }: Pick<VaeSettings, 'likelihood'>,
  normalisation: Normalisation | undefined,
): void {
  if (normalisation !== undefined) return
  try {
    LIKELIHOODS[likelihood]().checkRange(train.images, train.name)
  } catch (cause) {
    throw new WinnowError(
      `${(cause as Error).message}, or take --likelihood gaussian, which scales them`,
      { cause },
    )
  }
}

function dataset(data: LoadedData, normalisation: Normalisation | undefined): ArrayDataset {
  const items = fromArrays({ data: data.images, shape: data.shape })
  return normalisation === undefined ? items : items.normalise(normalisation)
}

/** The model for inputs of a shape. */
export function vaeModel(settings: VaeSettings, input: readonly number[]): VAE {
  const { latent, conv, likelihood, beta, freeBits, seed } = settings
  const hidden = settings.hidden ?? (conv ? DEFAULT_CHANNELS : DEFAULT_HIDDEN)
  check(
    !conv || input.length === 3,
    () => `--conv: items have shape [${input}], expected [height, width, channels]`,
  )
  const config: VAEConfig = {
    input,
    latent,
    encoder: conv ? convEncoder([...hidden]) : mlp([...hidden]),
    decoder: conv ? convDecoder([...hidden].reverse()) : mlp([...hidden].reverse()),
    likelihood,
    beta,
    freeBits,
  }
  return new VAE(config, new Rng(seed))
}

function binarised(items: ArrayDataset, rng: Rng): ArrayDataset {
  const { inputs } = items.gather(Array.from({ length: items.length }, (_, i) => i))
  const { data, shape } = randomBinarise()(inputs, rng)
  return fromArrays({ data, shape })
}
