/**
 * A codec beside JPEG, WebP and AVIF on the same pictures: rates of whole files, quality, times, and how many more or fewer
 * bits it takes at the same quality.
 */
import {
  bjontegaardRate,
  type CodecImage,
  type RatePoint,
  type TileCodec,
} from '@winnow/compression'
import { WinnowError } from '@winnow/core'
import { lineChart, type Series } from '../pictures/line-chart.ts'
import { table } from '../table.ts'
import { type CodecPoint, codecPoints, meanPoint } from './measure.ts'
import { compareImages } from './quality-points.ts'
import { decodeRival, RIVALS, type Rival } from './rivals.ts'

/** The points of one codec. */
export interface CodecCurve {
  readonly name: string
  readonly points: readonly CodecPoint[]
}

/** Bits of the first curve against another's, as a share: -0.2 is a fifth fewer. Undefined where curves do not compare. */
export interface RateDifference {
  readonly anchor: string
  readonly measure: 'PSNR' | 'MS-SSIM'
  readonly piecewise: number | undefined
  readonly cubic: number | undefined
}

/** What `evaluation.json` holds. */
export interface CodecEvaluation {
  readonly pictures: number
  readonly pixels: number
  readonly curves: readonly CodecCurve[]
  readonly differences: readonly RateDifference[]
}

/** Measures all of them on pictures of three channels of bytes. */
export async function evaluateCodec(
  codec: TileCodec,
  photos: readonly CodecImage[],
  say: (line: string) => void,
): Promise<CodecEvaluation> {
  const own: CodecCurve = { name: codec.name, points: await codecPoints(codec, photos, say) }
  const curves = [own]
  for (const rival of RIVALS) {
    curves.push({ name: rival.name, points: await rivalPoints(rival, photos) })
    say(`${rival.name}: ${rival.qualities.length} qualities`)
  }
  return {
    pictures: photos.length,
    pixels: photos.reduce((sum, { width, height }) => sum + width * height, 0),
    curves,
    differences: curves
      .slice(1)
      .flatMap((anchor) =>
        (['PSNR', 'MS-SSIM'] as const).map((name) => difference(anchor, own, name)),
      ),
  }
}

async function rivalPoints(
  { qualities, encode }: Rival,
  photos: readonly CodecImage[],
): Promise<CodecPoint[]> {
  const points: CodecPoint[] = []
  for (const quality of qualities) {
    const results: Omit<CodecPoint, 'quality'>[] = []
    for (const photo of photos) {
      const start = performance.now()
      const bytes = await encode(photo, quality)
      const middle = performance.now()
      const back = await decodeRival(bytes)
      const end = performance.now()
      const { psnr, multiScaleSimilarity } = await compareImages(photo, back)
      results.push({
        bitsPerPixel: (8 * bytes.length) / (photo.width * photo.height),
        ...{ psnr, multiScaleSimilarity },
        encodeSeconds: (middle - start) / 1000,
        decodeSeconds: (end - middle) / 1000,
      })
    }
    points.push({ quality, ...meanPoint(results) })
  }
  return points
}

/** The measure as it is drawn and compared: MS-SSIM in decibels, as curves near 1 are hard to tell apart. */
function measured(point: CodecPoint, measure: 'PSNR' | 'MS-SSIM'): number | undefined {
  if (measure === 'PSNR') return point.psnr
  const { multiScaleSimilarity } = point
  return multiScaleSimilarity === undefined ? undefined : -10 * Math.log10(1 - multiScaleSimilarity)
}

function ratePoints({ points }: CodecCurve, measure: 'PSNR' | 'MS-SSIM'): RatePoint[] {
  return points.flatMap((point) => {
    const quality = measured(point, measure)
    return quality === undefined || !Number.isFinite(quality)
      ? []
      : [{ rate: point.bitsPerPixel, quality }]
  })
}

function difference(
  anchor: CodecCurve,
  own: CodecCurve,
  measure: 'PSNR' | 'MS-SSIM',
): RateDifference {
  const compare = (fit: 'cubic' | 'piecewise'): number | undefined => {
    try {
      return bjontegaardRate(ratePoints(anchor, measure), ratePoints(own, measure), { fit })
    } catch (error) {
      if (error instanceof WinnowError) return undefined
      throw error
    }
  }
  return { anchor: anchor.name, measure, piecewise: compare('piecewise'), cubic: compare('cubic') }
}

/** Rate-distortion pictures, PNG by name. */
export async function evaluationPictures({
  curves,
}: CodecEvaluation): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const [name, measure, yLabel] of [
    ['rate-psnr.png', 'PSNR', 'PSNR, dB'],
    ['rate-similarity.png', 'MS-SSIM', '-10 log10(1 - MS-SSIM), dB'],
  ] as const) {
    const series: Series[] = curves.flatMap((curve) => {
      const points = ratePoints(curve, measure).sort((a, b) => a.rate - b.rate)
      if (points.length === 0) return []
      return [
        {
          name: curve.name,
          x: points.map(({ rate }) => rate),
          y: points.map(({ quality }) => quality),
        },
      ]
    })
    if (series.length > 0) {
      files.set(name, await lineChart({ xLabel: 'bits per pixel', yLabel, series }))
    }
  }
  return files
}

/** Rows of all points: a head, then cells. */
function rowsOf({ curves }: CodecEvaluation): string[][] {
  const head = [
    'codec',
    'quality',
    'bits per pixel',
    'PSNR, dB',
    'MS-SSIM',
    'encode, s',
    'decode, s',
  ]
  return [
    head,
    ...curves.flatMap(({ name, points }) =>
      points.map((point) => [
        name,
        String(Number(point.quality.toFixed(2))),
        point.bitsPerPixel.toFixed(3),
        point.psnr.toFixed(2),
        point.multiScaleSimilarity?.toFixed(4) ?? '-',
        point.encodeSeconds.toFixed(3),
        point.decodeSeconds.toFixed(3),
      ]),
    ),
  ]
}

function differenceRows({ curves, differences }: CodecEvaluation): string[][] {
  const share = (value: number | undefined): string =>
    value === undefined ? '-' : `${value > 0 ? '+' : ''}${(100 * value).toFixed(1)} %`
  return [
    [`bits of ${curves[0]?.name} against`, 'at the same', 'piecewise cubic', 'cubic fit'],
    ...differences.map(({ anchor, measure, piecewise, cubic }) => [
      anchor,
      measure,
      share(piecewise),
      share(cubic),
    ]),
  ]
}

/** As lines for a terminal. */
export function evaluationText(evaluation: CodecEvaluation): string {
  return `${table(rowsOf(evaluation), [1, 2, 3, 4, 5, 6])}\n\n${table(differenceRows(evaluation), [2, 3])}`
}

/** As a page of Markdown. */
export function evaluationMarkdown(evaluation: CodecEvaluation, heading: string): string {
  const lines = (rows: readonly (readonly string[])[], right: number): string => {
    const [head = [], ...rest] = rows
    const rule = head.map((_, i) => (i >= right ? '---:' : '---'))
    return [head, rule, ...rest].map((row) => `| ${row.join(' | ')} |`).join('\n')
  }
  const { pictures, pixels } = evaluation
  return [
    `# ${heading}`,
    `Means over ${pictures} pictures, ${(pixels / 1e6).toFixed(2)} megapixels together; rates are those of whole files that were decoded again.`,
    lines(rowsOf(evaluation), 1),
    'Rates after Bjontegaard: negative where fewer bits are taken at the same quality; `-` where the curves have too few points or nothing in common.',
    lines(differenceRows(evaluation), 2),
    '',
  ].join('\n\n')
}
