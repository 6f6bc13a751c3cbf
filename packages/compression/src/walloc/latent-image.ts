/**
 * Latents as one grey picture, for any lossless format (PNG, WebP): channels side by side in a grid of tiles, and each whole
 * number a byte.
 */
import { check } from '@winnow/core'

/** Latents of one picture on the host, channels last. */
export interface LatentArray {
  /** Whole numbers from -2^(bits - 1) + 1 to 2^(bits - 1) - 1, in rows. */
  readonly values: ArrayLike<number>
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** A grey picture of 8 bits. */
export interface GreyImage {
  readonly data: Uint8Array
  readonly height: number
  readonly width: number
}

/**
 * A picture of all channels: the grid has as few rows as hold them all when it has as many columns as the root of their
 * number, rounded up.
 *
 * @param bits of each number, 2 to 8
 * @throws WinnowError for numbers out of range
 */
export function latentToImage(latents: LatentArray, bits: number): GreyImage {
  const { values, height, width, channels } = latents
  checkBits(bits)
  check(
    values.length === height * width * channels,
    () =>
      `latentToImage: ${values.length} numbers came, expected ${height} x ${width} x ${channels}`,
  )
  const { rows, columns } = grid(channels)
  const centre = 2 ** (bits - 1)
  const data = new Uint8Array(rows * height * columns * width).fill(centre)
  each(latents, (from, to) => {
    const value = values[from] as number
    check(
      Number.isInteger(value) && Math.abs(value) < centre,
      () =>
        `latentToImage: ${value} came, expected whole numbers within ${centre - 1} of 0 for ${bits} bits`,
    )
    data[to] = value + centre
  })
  return { data, height: rows * height, width: columns * width }
}

/** The inverse of {@link latentToImage}. @throws WinnowError for a picture of another size */
export function imageToLatent(image: GreyImage, channels: number, bits: number): LatentArray {
  checkBits(bits)
  const { rows, columns } = grid(channels)
  const [height, width] = [image.height / rows, image.width / columns]
  check(
    Number.isInteger(height) &&
      Number.isInteger(width) &&
      image.data.length === image.height * image.width,
    () =>
      `imageToLatent: ${image.height} x ${image.width} pixels came, expected ${rows} x ${columns} tiles of one size`,
  )
  const values = new Int32Array(height * width * channels)
  const latents = { values, height, width, channels }
  each(latents, (from, to) => {
    values[from] = (image.data[to] as number) - 2 ** (bits - 1)
  })
  return latents
}

function each(
  { height, width, channels }: LatentArray,
  visit: (latent: number, pixel: number) => void,
): void {
  const { columns } = grid(channels)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++, at++) {
        const row = Math.floor(c / columns) * height + y
        visit(at, row * columns * width + (c % columns) * width + x)
      }
    }
  }
}

function grid(channels: number): { rows: number; columns: number } {
  const columns = Math.ceil(Math.sqrt(channels))
  return { rows: Math.ceil(channels / columns), columns }
}

function checkBits(bits: number): void {
  check(
    Number.isInteger(bits) && bits >= 2 && bits <= 8,
    () => `latent image: ${bits} bits came, expected 2 to 8`,
  )
}
