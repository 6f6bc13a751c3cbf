/**
 * A file to a picture, whole or a strip of tiles at a time.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import { checkModel, damaged, type ModelMark, readContainer } from '../container/container.ts'
import { LARGEST_TILE, QUALITY_PARTS } from './compress-image.ts'
import { type CodecImage, colourChannels, LONGEST_SIDE } from './image.ts'
import { decompressPlane } from './lossless-plane.ts'
import type { TileCodec } from './tile-codec.ts'
import { padded, type Tile, tileCount, tilesOf } from './tiles.ts'

/** What a file says of the picture in it. */
export interface CompressedImageInfo {
  readonly width: number
  readonly height: number
  readonly channels: number
  /** Bits of a value. */
  readonly depth: 8 | 16
  /** Pixels a side of a tile. */
  readonly tile: number
  readonly quality: number
  readonly model: ModelMark
}

/** Options of {@link decompressImage} and {@link decompressStrips}. */
export interface DecompressOptions {
  /** Pixels of a picture that is larger are refused before any memory is taken; 2^28 by default. */
  readonly mostPixels?: number
  /** Called after each tile. */
  readonly progress?: (done: number, tiles: number) => void
  readonly signal?: AbortSignal
}

/** Some whole rows of a picture. */
export interface ImageStrip extends CodecImage {
  /** The first row. */
  readonly y: number
}

/**
 * What is in a file, without a model.
 *
 * @throws WinnowError for files that are damaged, newer, or hold no picture
 */
export function readImageInfo(bytes: Uint8Array): CompressedImageInfo {
  return opened(bytes).info
}

/**
 * The picture in a file. As many channels and bits come back as went in.
 *
 * @throws WinnowError for another model's files, for damage, and for pictures larger than `mostPixels`
 */
export async function decompressImage(
  bytes: Uint8Array,
  codec: TileCodec,
  options: DecompressOptions = {},
): Promise<CodecImage> {
  let image: CodecImage | undefined
  for await (const strip of decompressStrips(bytes, codec, options)) {
    const { width, channels, data, y } = strip
    if (image === undefined) {
      const { height, depth } = readImageInfo(bytes)
      // Not before the first strip was there: a file that only pretends to be large fails by then.
      image = { width, height, channels, data: pixelArray(depth, width * height * channels) }
    }
    image.data.set(data, y * width * channels)
  }
  check(image !== undefined, damaged)
  return image
}

/**
 * The same in strips as high as a tile, from the top: what is in memory does not grow with the height of the picture.
 */
export async function* decompressStrips(
  bytes: Uint8Array,
  codec: TileCodec,
  options: DecompressOptions = {},
): AsyncGenerator<ImageStrip> {
  const { mostPixels = 2 ** 28, progress, signal } = options
  const { info, parts } = opened(bytes)
  const { width, height, channels, depth, tile, quality } = info
  checkModel({ model: info.model }, { name: codec.name, fingerprint: await codec.fingerprint() })
  check(
    width * height <= mostPixels,
    () =>
      `decompress: a picture of ${width} x ${height} pixels came, expected at most ${mostPixels} pixels`,
  )
  check(quality <= codec.maximumQuality && tile % codec.stride === 0, damaged)
  const colours = colourChannels(channels)
  check(colours <= codec.imageChannels, damaged)
  const tiles = tileCount(width, height, tile)
  let next = 0
  let strip: ImageStrip | undefined
  for (const place of tilesOf(width, height, tile)) {
    signal?.throwIfAborted()
    const size = {
      height: padded(place.height, codec.stride),
      width: padded(place.width, codec.stride),
    }
    const pixels = await codec.decompressTile(parts[next++] as Uint8Array, size, quality)
    let values: Float32Array
    try {
      values = await pixels.data<'float32'>()
      check(
        matches(pixels, size, codec),
        () => `decompress: the model gave a tile of shape [${pixels.shape}]`,
      )
    } finally {
      pixels.dispose()
    }
    const alpha =
      channels === colours ? undefined : decompressPlane(parts[next++] as Uint8Array, place, depth)
    strip ??= {
      ...{ width, height: place.height, channels, y: place.y },
      data: pixelArray(depth, width * place.height * channels),
    }
    putTile(strip, place, { values, width: size.width, channels: codec.imageChannels }, alpha)
    progress?.(next / (channels === colours ? 1 : 2), tiles)
    if (place.x + place.width === width) {
      yield strip
      strip = undefined
    }
  }
}

function opened(bytes: Uint8Array): { info: CompressedImageInfo; parts: readonly Uint8Array[] } {
  const { kind, model, fields, parts } = readContainer(bytes)
  check(kind === 'image', () => `file: a ${kind} is in it, expected a picture`)
  check(fields.length === 6, damaged)
  const [width, height, channels, depth, tile, quality] = fields as [
    ...[number, number, number, number, number, number],
  ]
  check(width > 0 && height > 0 && width <= LONGEST_SIDE && height <= LONGEST_SIDE, damaged)
  check(channels >= 1 && channels <= 4 && (depth === 8 || depth === 16), damaged)
  check(tile > 0 && tile < 2 * LARGEST_TILE, damaged)
  const each = channels === colourChannels(channels) ? 1 : 2
  check(parts.length === tileCount(width, height, tile) * each, damaged)
  return {
    info: { width, height, channels, depth, tile, quality: quality / QUALITY_PARTS, model },
    parts,
  }
}

function matches(
  { shape }: Tensor,
  { height, width }: { height: number; width: number },
  { imageChannels }: TileCodec,
): boolean {
  return shape.join() === [1, height, width, imageChannels].join()
}

function pixelArray(depth: 8 | 16, length: number): Uint8Array | Uint16Array {
  return depth === 16 ? new Uint16Array(length) : new Uint8Array(length)
}

function putTile(
  strip: ImageStrip,
  tile: Tile,
  pixels: { values: Float32Array; width: number; channels: number },
  alpha: Uint16Array | undefined,
): void {
  const { data, width, channels } = strip
  const { values } = pixels
  const most = data instanceof Uint16Array ? 65_535 : 255
  // Stored numbers are rounded down: a half is added first. What is not a number becomes black.
  const level = (value: number): number => Math.min(most, Math.max(0, value * most)) + 0.5
  const colours = colourChannels(channels)
  for (let row = 0; row < tile.height; row++) {
    let to = (row * width + tile.x) * channels
    let from = row * pixels.width * pixels.channels
    for (let column = 0; column < tile.width; column++, from += pixels.channels) {
      if (colours < pixels.channels) {
        // Grey that was coded as colour: the mean.
        let sum = 0
        for (let channel = 0; channel < pixels.channels; channel++)
          sum += values[from + channel] as number
        data[to++] = level(sum / pixels.channels)
      } else {
        for (let channel = 0; channel < colours; channel++)
          data[to++] = level(values[from + channel] as number)
      }
      if (alpha !== undefined) data[to++] = alpha[row * tile.width + column] as number
    }
  }
}
