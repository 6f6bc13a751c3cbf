/**
 * A picture to a file: tiles, each padded to what the model takes by repeating its last row and column; alpha without loss.
 */
import { type Tensor, tensor4d } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import { writeContainer } from '../container/container.ts'
import { type CodecImage, checkImage, colourChannels } from './image.ts'
import { compressPlane } from './lossless-plane.ts'
import type { TileCodec } from './tile-codec.ts'
import { padded, type Tile, tileCount, tilesOf } from './tiles.ts'

/** Options of {@link compressImage}. */
export interface CompressOptions {
  /** From 0 to the codec's greatest, which is the default. */
  readonly quality?: number
  /** Pixels a side of a tile, rounded up to what the codec takes; 512 by default. */
  readonly tile?: number
  /** Called after each tile. */
  readonly progress?: (done: number, tiles: number) => void
  readonly signal?: AbortSignal
}

/** Qualities are stored in parts of this. */
export const QUALITY_PARTS = 1024

/** The largest tile. */
export const LARGEST_TILE = 8192

/**
 * Compresses a picture. Grey is coded by a model of colours as colour, and comes back as grey.
 *
 * @returns a file that {@link decompressImage} reads with the same model, on any backend
 * @throws WinnowError for a picture that is none, colour for a model of grey, or a quality that the model does not have
 */
export async function compressImage(
  codec: TileCodec,
  image: CodecImage,
  options: CompressOptions = {},
): Promise<Uint8Array> {
  checkImage(image)
  const { width, height, channels } = image
  const { quality = codec.maximumQuality, tile = 512, progress, signal } = options
  const colours = colourChannels(channels)
  check(
    colours <= codec.imageChannels,
    () => 'compress: a picture in colour came, and this model was made for grey',
  )
  check(
    quality >= 0 && quality <= codec.maximumQuality,
    () => `compress: quality ${quality} came, expected 0 to ${codec.maximumQuality}`,
  )
  check(
    Number.isInteger(tile) && tile > 0 && tile <= LARGEST_TILE,
    () => `compress: tile ${tile} came, expected a whole number from 1 to ${LARGEST_TILE}`,
  )
  const size = padded(tile, codec.stride)
  const depth = image.data instanceof Uint16Array ? 16 : 8
  // What the decoder will read.
  const parts = Math.round(quality * QUALITY_PARTS)
  const files: Uint8Array[] = []
  const tiles = tileCount(width, height, size)
  let done = 0
  for (const place of tilesOf(width, height, size)) {
    signal?.throwIfAborted()
    const pixels = tilePixels(image, place, codec)
    try {
      files.push(await codec.compressTile(pixels, parts / QUALITY_PARTS))
    } finally {
      pixels.dispose()
    }
    if (channels !== colours) files.push(compressPlane(alphaOf(image, place), depth))
    progress?.(++done, tiles)
  }
  return writeContainer({
    kind: 'image',
    model: { name: codec.name, fingerprint: await codec.fingerprint() },
    fields: [width, height, channels, depth, size, parts],
    parts: files,
  })
}

/** `[1, height, width, imageChannels]` in [0, 1], padded. */
function tilePixels(image: CodecImage, tile: Tile, { imageChannels, stride }: TileCodec): Tensor {
  const { data, channels } = image
  const [height, width] = [padded(tile.height, stride), padded(tile.width, stride)]
  const colours = colourChannels(channels)
  const unit = data instanceof Uint16Array ? 65_535 : 255
  const values = new Float32Array(height * width * imageChannels)
  for (let row = 0, to = 0; row < height; row++) {
    const y = tile.y + Math.min(row, tile.height - 1)
    for (let column = 0; column < width; column++) {
      const x = tile.x + Math.min(column, tile.width - 1)
      const from = (y * image.width + x) * channels
      for (let channel = 0; channel < imageChannels; channel++) {
        values[to++] = (data[from + (colours === 1 ? 0 : channel)] as number) / unit
      }
    }
  }
  return tensor4d(values, [1, height, width, imageChannels])
}

function alphaOf({ data, width, channels }: CodecImage, tile: Tile) {
  const alpha = new Uint16Array(tile.width * tile.height)
  for (let row = 0, to = 0; row < tile.height; row++) {
    const from = (tile.y + row) * width + tile.x
    for (let column = 0; column < tile.width; column++) {
      alpha[to++] = data[(from + column) * channels + channels - 1] as number
    }
  }
  return { data: alpha, width: tile.width, height: tile.height }
}
