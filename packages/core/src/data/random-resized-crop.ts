/**
 * Random resized crops (Szegedy et al., 2015; as in MAE, He et al., 2022): a window of random area and shape, brought to
 * one size.
 *
 *     area ~ U(scale) · height · width,   log(width / height of the window) ~ U(log ratio)
 *
 * Windows are drawn as torchvision's RandomResizedCrop draws them; a window that does not fit is drawn again, up to ten
 * times, then the largest in the middle is taken whose shape is allowed. Resampling weighs pixels by a triangle as wide
 * as an output pixel where the window shrinks (antialiasing), else by one as wide as an input pixel (bilinear).
 */
import { check } from '../error.ts'
import type { Augmentation } from './augment.ts'

/** Options of {@link randomResizedCrop}. */
export interface RandomResizedCropOptions {
  /** Of the result; that of the images by default. */
  readonly size?: readonly [height: number, width: number]
  /** Range of the window's share of the image's area, within (0, 1]; `[0.2, 1]` by default, as in MAE. */
  readonly scale?: readonly [low: number, high: number]
  /** Range of the window's width divided by its height, > 0; `[3 / 4, 4 / 3]` by default. */
  readonly ratio?: readonly [low: number, high: number]
}

/** A part of an image, in whole pixels. */
interface Window {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/** How often a window is drawn, and numbers in [0, 1) for all of these: area, shape, and two for the place. */
const ATTEMPTS = 10
const DRAWS = 4 * ATTEMPTS

/**
 * Cuts a random window from each image and brings it to `size`: `[batch, height, width, channels]` to
 * `[batch, size[0], size[1], channels]`. Whole numbers are rounded.
 *
 * @throws WinnowError for ranges that are none, and inputs that are no images
 */
export function randomResizedCrop(options: RandomResizedCropOptions = {}): Augmentation {
  const { size, scale = [0.2, 1], ratio = [3 / 4, 4 / 3] } = options
  checkRange('scale', scale, 1)
  checkRange('ratio', ratio, Number.POSITIVE_INFINITY)
  for (const extent of size ?? []) {
    check(
      Number.isInteger(extent) && extent >= 1,
      () => `size: [${size}] came, expected whole numbers of pixels >= 1`,
    )
  }
  return (images, rng) => {
    const { data, shape } = images
    check(
      shape.length === 4,
      () => `inputs: shape [${shape}] came, expected images [batch, height, width, channels]`,
    )
    const [count, height, width, channels] = shape as [number, number, number, number]
    const [outHeight, outWidth] = size ?? [height, width]
    const length = outHeight * outWidth * channels
    const draws = rng.uniformValues(count * DRAWS)
    const out = new (data instanceof Int32Array ? Int32Array : Float32Array)(count * length)
    for (let image = 0; image < count; image++) {
      const window = windowOf(height, width, { scale, ratio }, draws.subarray(image * DRAWS))
      const rows = tapsOf(window.top, window.height, outHeight)
      const columns = tapsOf(window.left, window.width, outWidth)
      const source = data.subarray(image * height * width * channels)
      const target = out.subarray(image * length, (image + 1) * length)
      resample(source, width, channels, rows, columns, target)
    }
    return { data: out, shape: [count, outHeight, outWidth, channels] }
  }
}

/** A window of random area, shape and place within an image. */
function windowOf(
  imageHeight: number,
  imageWidth: number,
  { scale, ratio }: Pick<Required<RandomResizedCropOptions>, 'scale' | 'ratio'>,
  draws: Float32Array,
): Window {
  const area = imageHeight * imageWidth
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const draw = (which: number): number => draws[4 * attempt + which] as number
    const wanted = area * between(scale, draw(0))
    const shape = Math.exp(between([Math.log(ratio[0]), Math.log(ratio[1])], draw(1)))
    const width = Math.round(Math.sqrt(wanted * shape))
    const height = Math.round(Math.sqrt(wanted / shape))
    if (width < 1 || height < 1 || width > imageWidth || height > imageHeight) continue
    const top = Math.floor(draw(2) * (imageHeight - height + 1))
    const left = Math.floor(draw(3) * (imageWidth - width + 1))
    return { top, left, height, width }
  }
  const shape = Math.min(Math.max(imageWidth / imageHeight, ratio[0]), ratio[1])
  const width = Math.max(1, Math.min(imageWidth, Math.round(imageHeight * shape)))
  const height = Math.max(1, Math.min(imageHeight, Math.round(imageWidth / shape)))
  const [top, left] = [(imageHeight - height) >> 1, (imageWidth - width) >> 1]
  return { top, left, height, width }
}

/** Where an output row or column comes from: `weights` of the input's from `first` on, which sum to 1. */
interface Taps {
  readonly first: number
  readonly weights: Float64Array
}

/** The taps of `count` output pixels of the pixels from `start` on, none of them outside the window. */
function tapsOf(start: number, extent: number, count: number): Taps[] {
  const step = extent / count
  const reach = Math.max(1, step)
  return Array.from({ length: count }, (_, i) => {
    const centre = (i + 0.5) * step
    const first = Math.max(0, Math.floor(centre - reach + 0.5))
    const end = Math.min(extent, Math.floor(centre + reach + 0.5))
    const heights = Float64Array.from({ length: end - first }, (_, tap) =>
      Math.max(0, 1 - Math.abs(first + tap + 0.5 - centre) / reach),
    )
    const sum = heights.reduce((a, b) => a + b, 0)
    return { first: start + first, weights: heights.map((weight) => weight / sum) }
  })
}

/** Writes the window of one image into `target`: along the columns first, then along the rows. */
function resample(
  source: Float32Array | Int32Array,
  width: number,
  channels: number,
  rows: readonly Taps[],
  columns: readonly Taps[],
  target: Float32Array | Int32Array,
): void {
  const top = (rows[0] as Taps).first
  const last = rows.at(-1) as Taps
  const height = last.first + last.weights.length - top
  const stride = columns.length * channels
  const narrowed = new Float64Array(height * stride)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns.length; x++) {
      const { first, weights } = columns[x] as Taps
      const to = y * stride + x * channels
      for (let tap = 0; tap < weights.length; tap++) {
        const from = ((top + y) * width + first + tap) * channels
        for (let c = 0; c < channels; c++) narrowed[to + c]! += weights[tap]! * source[from + c]!
      }
    }
  }
  const line = new Float64Array(stride)
  const whole = target instanceof Int32Array
  for (let y = 0; y < rows.length; y++) {
    const { first, weights } = rows[y] as Taps
    line.fill(0)
    for (let tap = 0; tap < weights.length; tap++) {
      const from = (first - top + tap) * stride
      for (let i = 0; i < stride; i++) line[i]! += weights[tap]! * narrowed[from + i]!
    }
    target.set(whole ? line.map(Math.round) : line, y * stride)
  }
}

function between([low, high]: readonly [number, number], share: number): number {
  return low + (high - low) * share
}

function checkRange(argument: string, range: readonly [number, number], most: number): void {
  const [low, high] = range
  check(
    range.length === 2 && low > 0 && low <= high && high <= most && Number.isFinite(high),
    () =>
      `${argument}: [${range}] came, expected [low, high] with 0 < low <= high${most === 1 ? ' <= 1' : ''}`,
  )
}
