/**
 * The tour's codec: emoji, from pixels to real files and back.
 */
import { tensor } from '@tensorflow/tfjs-core'
import {
  type CodecImage,
  compressImage,
  decompressImage,
  HyperpriorCodec,
} from '@winnow/compression'
import {
  type ArrayDataset,
  adam,
  fit,
  fromArrays,
  parameterCount,
  Rng,
  randomFlip,
  rangeNormalisation,
  warmupCosine,
} from '@winnow/core'
import { loadData } from '../data/load-data.ts'
import { number } from '../progress-bar.ts'
import type { Chapter, Picture } from './chapter.ts'
import { imageSheets } from './image-sheets.ts'
import { metricLine, pictureRow } from './images.ts'
import { type CodedPictures, likeOurs, meanOf, psnrOf } from './rival-formats.ts'
import { shownCode } from './shown-code.ts'
import { fewer, type Learnt, type Stage, trainWithin, type Watch } from './stage.ts'

const SIDE = 64
/** Emoji in a picture: rows and columns. */
const SHEET = { rows: 4, columns: 8 }
const TEST_SHEETS = 8
const LARGER_SHEETS = 4

// Shown on the page: `emoji` are images [1488, 64, 64, 3] in [0, 1].
async function learn(
  emoji: ArrayDataset,
  steps: number,
  watch: Watch,
): Promise<Learnt<HyperpriorCodec>> {
  const codec = new HyperpriorCodec(
    { channels: 48, latents: 48, lambda: 0.01, start: 'wavelets' },
    new Rng(7),
  )
  const run = await fit(codec, emoji.shuffle().batch(8).augment(randomFlip()), {
    steps,
    optimizer: adam({
      learningRate: warmupCosine({ peak: 1e-3, warmup: Math.ceil(steps / 20), steps }),
      clipNorm: 1,
    }),
    ...watch, // the progress bar, and Ctrl-C
  })
  return { model: codec, run }
}

async function throughFile(codec: HyperpriorCodec, picture: CodecImage) {
  const file = await compressImage(codec, picture) // bytes, as they would lie on a disk
  return { bytes: file.length, back: await decompressImage(file, codec) }
}
// End of what is shown.

export async function compressionChapter(stage: Stage): Promise<Chapter> {
  const begun = stage.now()
  const [training, test] = await Promise.all([
    loadData('emoji', { split: 'train', size: SIDE }),
    loadData('emoji', { split: 'test', size: SIDE }),
  ])
  const emoji = fromArrays({ data: training.images, shape: training.shape }).normalise(
    rangeNormalisation({ to: [0, 1] }),
  )
  const trained = await trainWithin(stage, begun, (steps, watch) => learn(emoji, steps, watch), {
    metrics: ['loss', 'bitsPerPixel', 'psnr'],
    items: 'emoji',
  })
  using codec = trained.model
  const { run, trainingSeconds, note } = trained
  await prepare(codec, imageSheets(training, SHEET, fewer(stage, LARGER_SHEETS)))

  const pictures = imageSheets(test, SHEET, fewer(stage, TEST_SHEETS))
  const ours = await codedByUs(codec, pictures)
  const rivals = await likeOurs(pictures, ours)
  const { width, height } = pictures[0] as CodecImage
  const what = `${pictures.length} pictures of ${width} x ${height}, ${SHEET.rows * SHEET.columns} emoji each that were not trained on`
  const decibels = (value: number): string => `${value.toFixed(1)} dB`
  const bits = (value: number): string => value.toFixed(3)
  return {
    title: 'Compression',
    lead:
      `A codec learnt from ${number(emoji.length)} emoji what they look like: which numbers tell of one, how to draw it from them, and how likely each number is. ` +
      'Pictures of other emoji became files and came back. A minute is little for that: see how far it still is from JPEG and WebP.',
    facts: [
      [
        'data',
        `Noto emoji, ${number(emoji.length)} + ${number(test.shape[0] as number)} images, npm emoji-datasource-google`,
      ],
      ['model', `${number(parameterCount(codec))} parameters, hyperprior, begins as wavelets`],
      ['trained', `${number(run.steps)} updates of 8 emoji in ${trainingSeconds.toFixed(0)} s`],
    ],
    numbers: [
      {
        title: `Quality at ${bits(ours.bitsPerPixel)} bits a pixel`,
        note: `PSNR of whole files, as near to ours in size as their settings allow; ${what}; higher is better`,
        entries: [
          { name: 'codec', value: ours.psnr, text: decibels(ours.psnr), ours: true },
          ...rivals.map(({ name, sameRate }) => ({
            name: `${name}, ${bits(sameRate.bitsPerPixel)} bits`,
            value: sameRate.psnr,
            text: decibels(sameRate.psnr),
          })),
        ],
      },
      {
        title: `Size at ${decibels(ours.psnr)}`,
        note: `bits per pixel of whole files, as near to ours in quality as their settings allow; ${what}; lower is better`,
        entries: [
          { name: 'codec', value: ours.bitsPerPixel, text: bits(ours.bitsPerPixel), ours: true },
          ...rivals.map(({ name, sameQuality }) => ({
            name: `${name}, ${decibels(sameQuality.psnr)}`,
            value: sameQuality.bitsPerPixel,
            text: bits(sameQuality.bitsPerPixel),
          })),
        ],
      },
    ],
    pictures: [await beside(pictures[0] as CodecImage, ours, rivals[0] as (typeof rivals)[0])],
    curves: [
      {
        title: 'Quality of training emoji',
        yLabel: 'PSNR, dB',
        lines: [metricLine(run.history, 'psnr', 'codec')],
      },
      {
        title: 'What they cost',
        yLabel: 'bits a pixel',
        lines: [metricLine(run.history, 'bitsPerPixel', 'codec')],
      },
    ],
    code: await shownCode('compression'),
    seconds: stage.now() - begun,
    ...(note === undefined ? {} : { note }),
  }
}

/** What chooses the tables of the entropy coder becomes a network of whole numbers. */
async function prepare(codec: HyperpriorCodec, sheets: readonly CodecImage[]): Promise<void> {
  const { width, height } = sheets[0] as CodecImage
  const size = width * height * 3
  const data = new Float32Array(sheets.length * size)
  for (const [i, sheet] of sheets.entries()) {
    for (let p = 0; p < size; p++) data[i * size + p] = (sheet.data[p] as number) / 255
  }
  const images = tensor(data, [sheets.length, height, width, 3])
  await codec.prepareForCoding(images)
  images.dispose()
}

async function codedByUs(
  codec: HyperpriorCodec,
  pictures: readonly CodecImage[],
): Promise<CodedPictures> {
  const files: { readonly bytes: number; readonly back: CodecImage }[] = []
  for (const picture of pictures) files.push(await throughFile(codec, picture))
  return {
    bitsPerPixel: meanOf(
      pictures.map(({ width, height }, i) => (8 * (files[i]?.bytes ?? 0)) / (width * height)),
    ),
    psnr: meanOf(pictures.map((picture, i) => psnrOf(picture, files[i]?.back as CodecImage))),
    first: files[0]?.back as CodecImage,
  }
}

async function beside(
  original: CodecImage,
  ours: CodedPictures,
  { name, sameRate }: { readonly name: string; readonly sameRate: CodedPictures },
): Promise<Picture> {
  const row = ({ data, width, height }: CodecImage, label: string) =>
    pictureRow({ data: Uint8Array.from(data), shape: [1, height, width, 3] }, { label })
  const rate = ({ bitsPerPixel }: CodedPictures): string =>
    `${bitsPerPixel.toFixed(2)} bits a pixel`
  return {
    kind: 'picture',
    title: 'Back from a file',
    caption: `The first test picture: as it was (24 bits a pixel), from our file (on average ${rate(ours)}), from ${name} of about that size (${rate(sameRate)}).`,
    rows: [
      await row(original, 'original'),
      await row(ours.first, 'codec'),
      await row(sameRate.first, name),
    ],
  }
}
