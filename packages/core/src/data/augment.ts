/**
 * Random augmentations of images on the host: flips, shifts and crops, drawn for each image on its own.
 */
import { check } from '../error.ts'
import type { Rng } from '../rng.ts'
import type { HostArray } from './host-array.ts'

/** Changes a batch of images `[batch, height, width, channels]`; gives new arrays, or the one that came. */
export type Augmentation = (
  images: HostArray<Float32Array | Int32Array>,
  rng: Rng,
) => HostArray<Float32Array | Int32Array>

/** Mirrors each image with `probability` (0.5): left to right, or top to bottom where `axis` is 'vertical'. */
export function randomFlip(
  options: { readonly axis?: 'horizontal' | 'vertical'; readonly probability?: number } = {},
): Augmentation {
  const { axis = 'horizontal', probability = 0.5 } = options
  check(
    probability >= 0 && probability <= 1,
    () => `probability: ${probability} came, expected 0 to 1`,
  )
  return (images, rng) => {
    const draws = rng.uniformValues(images.shape[0] as number)
    return place(images, (image, height, width) => {
      const flip = (draws[image] as number) < probability
      return flip
        ? { height, width, top: 0, left: 0, flip: axis }
        : { height, width, top: 0, left: 0 }
    })
  }
}

/** Moves each image by up to `pixels` in each direction; what comes in at the edges is `fill` (0). */
export function randomShift(options: {
  readonly pixels: number
  readonly fill?: number
}): Augmentation {
  const { pixels, fill = 0 } = options
  checkPixels('pixels', pixels)
  return (images, rng) => {
    const draws = rng.uniformValues(2 * (images.shape[0] as number))
    const shift = (draw: number) => Math.floor((draws[draw] as number) * (2 * pixels + 1)) - pixels
    return place(
      images,
      (image, height, width) => ({
        height,
        width,
        top: shift(2 * image),
        left: shift(2 * image + 1),
      }),
      fill,
    )
  }
}

/**
 * Cuts a random window of `size` from each image, after adding a border of `padding` (0) pixels of `fill` (0).
 * Gives `[batch, size[0], size[1], channels]`.
 */
export function randomCrop(options: {
  readonly size: readonly [height: number, width: number]
  readonly padding?: number
  readonly fill?: number
}): Augmentation {
  const { size, padding = 0, fill = 0 } = options
  checkPixels('padding', padding)
  checkPixels('size', size[0])
  checkPixels('size', size[1])
  return (images, rng) => {
    const [, imageHeight = 0, imageWidth = 0] = images.shape
    const roomY = imageHeight + 2 * padding - size[0]
    const roomX = imageWidth + 2 * padding - size[1]
    check(
      roomY >= 0 && roomX >= 0,
      () =>
        `size: [${size}] came, expected at most [${imageHeight}, ${imageWidth}] and twice the padding of ${padding}`,
    )
    const draws = rng.uniformValues(2 * (images.shape[0] as number))
    const start = (draw: number, room: number) =>
      Math.floor((draws[draw] as number) * (room + 1)) - padding
    return place(
      images,
      (image) => ({
        height: size[0],
        width: size[1],
        top: start(2 * image, roomY),
        left: start(2 * image + 1, roomX),
      }),
      fill,
    )
  }
}

/** A window of an image: its size, and where its corner lies in the image (outside it where negative). */
interface Window {
  readonly height: number
  readonly width: number
  readonly top: number
  readonly left: number
  readonly flip?: 'horizontal' | 'vertical'
}

function place(
  images: HostArray<Float32Array | Int32Array>,
  windowOf: (image: number, height: number, width: number) => Window,
  fill = 0,
): HostArray<Float32Array | Int32Array> {
  const { data, shape } = images
  check(
    shape.length === 4,
    () => `inputs: shape [${shape}] came, expected images [batch, height, width, channels]`,
  )
  const [count, height, width, channels] = shape as [number, number, number, number]
  if (count === 0) return images
  const { height: outHeight, width: outWidth } = windowOf(0, height, width)
  const length = count * outHeight * outWidth * channels
  const out = data instanceof Int32Array ? new Int32Array(length) : new Float32Array(length)
  if (fill !== 0) out.fill(fill)
  for (let image = 0; image < count; image++) {
    const { top, left, flip } = windowOf(image, height, width)
    for (let y = 0; y < outHeight; y++) {
      const sourceY = flip === 'vertical' ? height - 1 - y : y + top
      if (sourceY < 0 || sourceY >= height) continue
      const row = (image * height + sourceY) * width * channels
      const outRow = (image * outHeight + y) * outWidth * channels
      if (flip === 'horizontal') {
        for (let x = 0; x < width; x++) {
          for (let c = 0; c < channels; c++) {
            out[outRow + x * channels + c] = data[row + (width - 1 - x) * channels + c] as number
          }
        }
      } else {
        const first = Math.max(0, -left)
        const last = Math.min(outWidth, width - left)
        if (last <= first) continue
        out.set(
          data.subarray(row + (first + left) * channels, row + (last + left) * channels),
          outRow + first * channels,
        )
      }
    }
  }
  return { data: out, shape: [count, outHeight, outWidth, channels] }
}

function checkPixels(argument: string, value: number): void {
  check(
    Number.isInteger(value) && value >= 0,
    () => `${argument}: ${value} came, expected a whole number of pixels >= 0`,
  )
}
