/**
 * What is measured of a codec: the size of files that were written and decoded again, at each of its qualities.
 */
import { div, tensor, tidy } from '@tensorflow/tfjs-core'
import {
  type CodecImage,
  compressImage,
  decompressImage,
  type LatentCodec,
  type TileCodec,
} from '@winnow/compression'
import { check } from '@winnow/core'
import { table } from '../table.ts'
import { compareImages } from './quality-points.ts'
import type { CodecData } from './settings.ts'

/** Means over pictures. */
export interface CodecPoint {
  readonly quality: number
  /** Of whole files. */
  readonly bitsPerPixel: number
  readonly psnr: number
  /** Undefined where all pictures are too small for it. */
  readonly multiScaleSimilarity: number | undefined
  readonly encodeSeconds: number
  readonly decodeSeconds: number
}

/** See the top of the file. */
export interface CodecMeasures {
  readonly pictures: number
  readonly points: readonly CodecPoint[]
}

/** Makes the codec ready for coding, and measures it on whole photos. */
export async function measureCodec(model: LatentCodec, data: CodecData): Promise<CodecMeasures> {
  const { larger, photos } = data
  const images = tidy(() => div(tensor(Float32Array.from(larger.data), [...larger.shape]), 255))
  await model.prepareForCoding(images)
  images.dispose()
  return { pictures: photos.length, points: await codecPoints(model, photos) }
}

/** Qualities of a model of several rates: each that it was trained at, and with few of those the ones between too. */
function qualitiesOf({ maximumQuality }: TileCodec): readonly number[] {
  if (maximumQuality === 0) return [0]
  const steps = Math.max(maximumQuality, 4)
  return Array.from({ length: steps + 1 }, (_, i) => (i * maximumQuality) / steps)
}

/** A point for each quality, from files that were decoded again. */
export async function codecPoints(
  codec: TileCodec,
  photos: readonly CodecImage[],
  say?: (line: string) => void,
): Promise<CodecPoint[]> {
  check(photos.length > 0, () => 'codec: no pictures came to measure it on')
  const points: CodecPoint[] = []
  for (const quality of qualitiesOf(codec)) {
    const results: Omit<CodecPoint, 'quality'>[] = []
    for (const photo of photos) {
      const start = performance.now()
      const bytes = await compressImage(codec, photo, { quality })
      const middle = performance.now()
      const back = await decompressImage(bytes, codec)
      const end = performance.now()
      const { psnr, multiScaleSimilarity } = await compareImages(photo, back)
      results.push({
        bitsPerPixel: (8 * bytes.length) / (photo.width * photo.height),
        ...{ psnr, multiScaleSimilarity },
        encodeSeconds: (middle - start) / 1000,
        decodeSeconds: (end - middle) / 1000,
      })
    }
    const point = { quality, ...meanPoint(results) }
    points.push(point)
    say?.(
      `quality ${quality.toFixed(2)}: ${point.bitsPerPixel.toFixed(3)} bits per pixel, ${point.psnr.toFixed(2)} dB`,
    )
  }
  return points
}

/** Means of each measure; of the similarity over the pictures that have one. */
export function meanPoint(
  results: readonly Omit<CodecPoint, 'quality'>[],
): Omit<CodecPoint, 'quality'> {
  const of = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const similarities = results
    .map(({ multiScaleSimilarity }) => multiScaleSimilarity)
    .filter((value) => value !== undefined)
  return {
    bitsPerPixel: of(results.map(({ bitsPerPixel }) => bitsPerPixel)),
    psnr: of(results.map(({ psnr }) => psnr)),
    multiScaleSimilarity: similarities.length === 0 ? undefined : of(similarities),
    encodeSeconds: of(results.map(({ encodeSeconds }) => encodeSeconds)),
    decodeSeconds: of(results.map(({ decodeSeconds }) => decodeSeconds)),
  }
}

/** The measures as lines of text. */
export function report({ pictures, points }: CodecMeasures): string {
  const rows = points.map((point) => [
    point.quality.toFixed(2),
    point.bitsPerPixel.toFixed(3),
    point.psnr.toFixed(2),
    point.multiScaleSimilarity?.toFixed(4) ?? '-',
    point.encodeSeconds.toFixed(2),
    point.decodeSeconds.toFixed(2),
  ])
  const head = ['quality', 'bits per pixel', 'PSNR, dB', 'MS-SSIM', 'encode, s', 'decode, s']
  const what = `means over ${pictures} whole test ${pictures === 1 ? 'picture' : 'pictures'}, of files that were decoded again`
  return `${table([head, ...rows], [0, 1, 2, 3, 4, 5])}\n${what}`
}
