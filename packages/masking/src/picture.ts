/**
 * Pictures of masks: what the encoder sees, with hidden patches grey.
 */
import { Tensor } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import type { Mask } from './mask.ts'

/** Pixels in row-major order: bytes from 0 to 255, or numbers from 0 to 1. */
export interface Pixels {
  readonly data: Uint8Array | Float32Array
  readonly shape: readonly number[]
}

/** Options of {@link maskImage}. */
export interface MaskImageOptions {
  /**
   * What is masked: `[height, width, channels]`, or a clip `[frames, height, width, channels]` for a grid of three axes.
   * Without it what is kept is white.
   */
  readonly image?: Pixels | Tensor
  /** The example of the batch; 0 by default. */
  readonly example?: number
  /** Pixels along a token's side where there is no image; 8 by default. */
  readonly patch?: number
  /** What hidden patches look like, from 0 (black) to 1 (white); 0.5 by default. */
  readonly grey?: number
}

/**
 * The picture of one example's mask: the image with its hidden patches grey. The frames of a clip stand side by side; a
 * sequence `[tokens]` is a strip of columns.
 *
 * @param grid tokens along each axis: `[tokens]`, `[rows, columns]` or `[frames, rows, columns]`
 * @returns `[height, width, channels]`, of the image's type; one channel of numbers from 0 to 1 without an image
 * @throws WinnowError when the grid is not that of the mask, or does not divide the image
 */
export async function maskImage(
  mask: Mask,
  grid: readonly number[],
  options: MaskImageOptions = {},
): Promise<Pixels> {
  const { image, example = 0, patch = 8, grey = 0.5 } = options
  const batch = mask.order.shape[0] as number
  const [columns = 1, rows = 1, frames = 1] = [...grid].reverse()
  check(
    grid.length >= 1 && grid.length <= 3 && frames * rows * columns === mask.tokens,
    () =>
      `maskImage: grid: [${grid}] came, expected one to three sizes with a product of ${mask.tokens}`,
  )
  check(
    Number.isInteger(example) && example >= 0 && example < batch,
    () => `maskImage: example: ${example} came, expected a whole number below ${batch}`,
  )
  check(
    Number.isInteger(patch) && patch >= 1,
    () => `maskImage: patch: ${patch} came, expected a whole number >= 1`,
  )
  const pixels =
    image === undefined ? blank(frames, rows * patch, columns * patch) : await pixelsOf(image)
  const places = (await mask.restore.data()).subarray(
    example * mask.tokens,
    (example + 1) * mask.tokens,
  )
  const [clip, height, width, channels] = clipShape(pixels, [frames, rows, columns])
  const data =
    pixels.data instanceof Uint8Array
      ? new Uint8Array(pixels.data.length)
      : new Float32Array(pixels.data.length)
  const paint = pixels.data instanceof Uint8Array ? Math.round(grey * 255) : grey
  for (let frame = 0; frame < clip; frame++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = ((frame * height + y) * width + x) * channels
        const to = (y * clip * width + frame * width + x) * channels
        const token =
          (Math.floor((frame * frames) / clip) * rows + Math.floor((y * rows) / height)) * columns +
          Math.floor((x * columns) / width)
        const hidden = (places[token] as number) >= mask.kept
        for (let c = 0; c < channels; c++) {
          data[to + c] = hidden ? paint : (pixels.data[from + c] as number)
        }
      }
    }
  }
  return { data, shape: [height, clip * width, channels] }
}

function blank(frames: number, height: number, width: number): Pixels {
  const data = new Float32Array(frames * height * width).fill(1)
  return { data, shape: [frames, height, width, 1] }
}

async function pixelsOf(image: Pixels | Tensor): Promise<Pixels> {
  if (!(image instanceof Tensor)) return image
  return { data: Float32Array.from(await image.data()), shape: image.shape }
}

/** Frames, height, width and channels of the pixels, each a multiple of the grid. */
function clipShape(
  { data, shape }: Pixels,
  grid: readonly [number, number, number],
): [number, number, number, number] {
  const whole = shape.length === 3 ? [1, ...shape] : [...shape]
  check(
    whole.length === 4 &&
      whole.reduce((a, b) => a * b, 1) === data.length &&
      grid.every((size, axis) => (whole[axis] as number) % size === 0),
    () =>
      `maskImage: image: shape [${shape}] and ${data.length} values came, expected [height, width, channels] ` +
      `(of a clip: [frames, height, width, channels]) that the grid [${grid}] divides`,
  )
  return whole as [number, number, number, number]
}
