/**
 * What a codec of pictures has to offer, so that files, tiles, alpha, odd sizes and 16 bits are all done elsewhere
 * (`compressImage`, `decompressImage`).
 */
import type { Tensor } from '@tensorflow/tfjs-core'

/** The size of a tile, padded to multiples of the codec's stride. */
export interface TileSize {
  readonly height: number
  readonly width: number
}

/** Codes one tile of a picture at a time. What it writes must be read again on any backend: see `IntegerNetwork`. */
export interface TileCodec {
  /** What kind of model it is, such as `HyperpriorCodec`: it stands in the files. */
  readonly name: string
  /** Channels of the pictures that it was trained on: 3 for red, green and blue, 1 for grey. */
  readonly imageChannels: number
  /** Pixels by which both sides of a tile divide. */
  readonly stride: number
  /** The greatest quality; qualities are numbers from 0 to this one. */
  readonly maximumQuality: number
  /** A number of its weights in 16 hexadecimal digits, see `fingerprint`: another model's files are refused. */
  fingerprint(): Promise<string>
  /**
   * Codes one tile.
   *
   * @param pixels `[1, height, width, imageChannels]` in [0, 1]
   */
  compressTile(pixels: Tensor, quality: number): Promise<Uint8Array>
  /**
   * Reads a tile again.
   *
   * @returns `[1, height, width, imageChannels]`, [0, 1] and a little beyond; the caller disposes it
   * @throws WinnowError for damaged bytes
   */
  decompressTile(bytes: Uint8Array, size: TileSize, quality: number): Promise<Tensor>
}
