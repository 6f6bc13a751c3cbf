/**
 * The comparison of `winnow compare walloc`: how much smaller latents are and what is lost, what encoding costs, and what
 * classifiers of equal cost make of latents and of pixels.
 */
import { avgPool, div, reshape, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { Walloc } from '@winnow/compression'
import {
  type ArrayDataset,
  adam,
  Classifier,
  evaluate,
  extractFeatures,
  type FitCallbacks,
  fit,
  fromArrays,
  Rng,
  rangeNormalisation,
  type Trainable,
  warmupCosine,
} from '@winnow/core'
import type { LoadedData } from '../../data/loaded-data.ts'
import { table } from '../../table.ts'
import { type EncoderCost, encoderCosts } from './encoder-cost.ts'
import { type ByteImages, type RateRow, ratesOf } from './measure-walloc.ts'
import { ConvFeatures, type MapSize } from './pixel-classifier.ts'

/** The options of the command that settle what comes out. */
export interface WallocSettings {
  readonly levels: number
  readonly latent: number
  readonly bits: number
  /** Channels of the decoder. */
  readonly width: number
  readonly batch: number
  readonly seed: number
  /** Updates of the codec, and of each classifier. */
  readonly steps: number
  /** Multiplications that a classifier may take for an item. */
  readonly budget: number
}

/** A classifier, and what came of it. */
export interface ClassifierRow {
  readonly name: string
  readonly numbers: number
  readonly multiplications: number
  /** The share of test items that it gets right. */
  readonly accuracy: number
  readonly seconds: number
}

/** What `comparison.json` holds. */
export interface WallocComparison {
  /** Numbers of an image, and of its latents. */
  readonly dimensions: readonly [pixels: number, latents: number]
  readonly rates: readonly RateRow[]
  readonly costs: readonly EncoderCost[]
  readonly classifiers: readonly ClassifierRow[]
}

/** Where the work tells how far it is. */
export interface CompareWallocOptions {
  readonly signal?: AbortSignal
  /** Told when something begins to train, and what to call while it does. */
  begin(name: string): FitCallbacks | undefined
}

/** Images in two parts, with labels. */
export interface LabelledParts {
  readonly train: LoadedData & { readonly labels: Int32Array }
  readonly test: LoadedData & { readonly labels: Int32Array }
  readonly classes: number
}

/** Trains and measures all. */
export async function compareWalloc(
  settings: WallocSettings,
  parts: LabelledParts,
  options: CompareWallocOptions,
): Promise<WallocComparison> {
  const [, height, width, channels] = parts.train.shape as [number, number, number, number]
  const { levels, latent, bits, seed } = settings
  const decoder = { width: settings.width, attention: false }
  using walloc = new Walloc({ channels, levels, latent, bits, decoder }, new Rng(seed))
  const unit = rangeNormalisation({ to: [0, 1] })
  const [train, test] = [parts.train, parts.test].map(({ images, shape, labels }) =>
    fromArrays({ data: images, shape: [...shape], labels }).normalise(unit),
  ) as [ArrayDataset, ArrayDataset]
  await learn(walloc, train, 'WaLLoC', { settings, options, learningRate: 2e-3 })
  const rates = await ratesOf(walloc, parts.test as LoadedData & ByteImages)

  const side = Math.ceil(height / 2 ** levels)
  const most = 2 ** (bits - 1)
  const encode = (x: Tensor): Tensor => flat(div(walloc.encode(x), most / 4))
  const halved = (x: Tensor): Tensor => flat(avgPool(x as Tensor4D, 2, 2, 'same'))
  const half = Math.ceil(height / 2)
  const views = [
    { name: 'pixels', map: { side: height, channels }, data: [train, test] },
    {
      name: 'pixels, halved in height and width',
      map: { side: half, channels },
      data: await seen([train, test], halved, [half, half, channels]),
    },
    {
      name: 'latents of WaLLoC',
      map: { side, channels: latent },
      data: await seen([train, test], encode, [side, side, latent], walloc),
    },
  ]
  const classifiers: ClassifierRow[] = []
  for (const { name, map, data } of views) {
    const view = { name, map, data: data as [ArrayDataset, ArrayDataset], smallest: side }
    classifiers.push(await classify(view, parts.classes, settings, options))
  }
  return {
    dimensions: [height * width * channels, side * Math.ceil(width / 2 ** levels) * latent],
    rates,
    costs: await encoderCosts(),
    classifiers,
  }
}

/** Both parts as something sees them, on the host. */
async function seen(
  parts: readonly ArrayDataset[],
  view: (x: Tensor) => Tensor,
  shape: readonly number[],
  walloc?: Walloc,
): Promise<ArrayDataset[]> {
  const out: ArrayDataset[] = []
  for (const part of parts) {
    const modules = walloc === undefined ? [] : [walloc]
    const { features, labels } = await extractFeatures(view, part, { modules })
    const length = part.length
    out.push(fromArrays({ data: features, shape: [length, ...shape], ...(labels && { labels }) }))
  }
  return out
}

function flat(x: Tensor): Tensor {
  const [batch] = x.shape as [number]
  return reshape(x, [batch, x.size / batch])
}

interface View {
  readonly name: string
  readonly map: MapSize
  readonly data: readonly [ArrayDataset, ArrayDataset]
  readonly smallest: number
}

async function classify(
  { name, map, data, smallest }: View,
  classes: number,
  settings: WallocSettings,
  options: CompareWallocOptions,
): Promise<ClassifierRow> {
  const rng = new Rng(settings.seed).fold(109)
  const model = new ConvFeatures(map, smallest, settings.budget, rng.split())
  using classifier = new Classifier({ model, features: model.outputs, classes }, rng.split())
  const objective = classifier as unknown as Trainable
  const start = performance.now()
  await learn(objective, data[0], `classifier of ${name}`, {
    ...{ settings, options, learningRate: 4e-3 },
  })
  const seconds = (performance.now() - start) / 1000
  const { accuracy = Number.NaN } = await evaluate(objective, data[1])
  const numbers = map.side ** 2 * map.channels
  return { name, numbers, multiplications: model.multiplications, accuracy, seconds }
}

async function learn(
  model: Trainable,
  data: ArrayDataset,
  name: string,
  how: {
    readonly settings: WallocSettings
    readonly options: CompareWallocOptions
    readonly learningRate: number
  },
): Promise<void> {
  const { settings, options, learningRate: peak } = how
  const { batch, steps, seed } = settings
  const { signal } = options
  const callbacks = options.begin(name)
  const warmup = Math.ceil(steps / 20)
  await fit(model, data.shuffle().batch(batch), {
    ...{ steps, seed },
    optimizer: adam({ learningRate: warmupCosine({ peak, warmup, steps }) }),
    ...(callbacks && { callbacks: [callbacks] }),
    ...(signal && { signal }),
  })
  signal?.throwIfAborted()
}

/** The comparison as three tables of text. */
export function wallocReport(comparison: WallocComparison): string {
  const { dimensions, rates, costs, classifiers } = comparison
  const [pixels, latents] = dimensions
  const count = (value: number): string => Math.round(value).toLocaleString('en-US')
  const quality = table(
    [
      ['', 'bits per pixel', 'PSNR, dB'],
      ...rates.map(({ name, bitsPerPixel, psnr }) => [
        ...[name, bitsPerPixel.toFixed(3), psnr.toFixed(2)],
      ]),
    ],
    [1, 2],
  )
  const cost = table(
    [
      ['encoder, colour pictures', 'multiplications a pixel', 'seconds a megapixel'],
      ...costs.map(({ name, multiplications, secondsPerMegapixel }) => [
        ...[name, count(multiplications), secondsPerMegapixel.toFixed(3)],
      ]),
    ],
    [1, 2],
  )
  const classes = table(
    [
      ['classifier of', 'numbers', 'multiplications', 'right, %', 'seconds'],
      ...classifiers.map(({ name, numbers, multiplications, accuracy, seconds }) => [
        ...[name, count(numbers), count(multiplications)],
        ...[(100 * accuracy).toFixed(1), seconds.toFixed(0)],
      ]),
    ],
    [1, 2, 3, 4],
  )
  const smaller = (pixels / latents).toFixed(1)
  return `${count(pixels)} numbers an image become ${count(latents)} latents: ${smaller} times fewer\n\n${quality}\n\n${cost}\n\n${classes}`
}
