/**
 * A codec without anything learned, for tests of what lies around codecs: the mean of each block of pixels, in steps that grow as
 * quality falls.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { avgPool, image, tensor4d, tidy } from '@tensorflow/tfjs-core'
import { gaussianTables } from '../../entropy-coding/gaussian-tables.ts'
import { SymbolReader } from '../../entropy-coding/symbol-reader.ts'
import { SymbolWriter } from '../../entropy-coding/symbol-writer.ts'
import type { TileCodec, TileSize } from '../tile-codec.ts'

/** The scale of the differences between adjacent means. */
const TABLE = 40

/** Blocks of `stride` pixels a side; 8 by default. */
export class BlockCodec implements TileCodec {
  readonly name = 'BlockCodec'
  readonly imageChannels: number
  readonly stride: number
  readonly maximumQuality: number
  /** The sizes of all tiles that came. */
  readonly sizes: string[] = []
  readonly #fingerprint: string

  constructor({
    imageChannels = 3,
    stride = 8,
    maximumQuality = 3,
    fingerprint = '00112233aabbccdd',
  }: {
    imageChannels?: number
    stride?: number
    maximumQuality?: number
    fingerprint?: string
  } = {}) {
    this.imageChannels = imageChannels
    this.stride = stride
    this.maximumQuality = maximumQuality
    this.#fingerprint = fingerprint
  }

  fingerprint(): Promise<string> {
    return Promise.resolve(this.#fingerprint)
  }

  async compressTile(pixels: Tensor, quality: number): Promise<Uint8Array> {
    this.sizes.push(pixels.shape.join('x'))
    const means: Tensor = tidy(() => avgPool(pixels as Tensor4D, this.stride, this.stride, 'valid'))
    const values = await means.data()
    means.dispose()
    const writer = new SymbolWriter()
    let last = 0
    for (const value of values) {
      const level = Math.round(value * this.#levels(quality))
      writer.put(level - last, gaussianTables()[TABLE] as never)
      last = level
    }
    return writer.finish()
  }

  decompressTile(bytes: Uint8Array, size: TileSize, quality: number): Promise<Tensor> {
    const reader = new SymbolReader(bytes)
    const [height, width] = [size.height / this.stride, size.width / this.stride]
    const values = new Float32Array(height * width * this.imageChannels)
    let last = 0
    for (let i = 0; i < values.length; i++) {
      last += reader.get(gaussianTables()[TABLE] as never)
      values[i] = last / this.#levels(quality)
    }
    reader.finish()
    const pixels = tidy(() =>
      image.resizeNearestNeighbor(tensor4d(values, [1, height, width, this.imageChannels]), [
        size.height,
        size.width,
      ]),
    )
    return Promise.resolve(pixels)
  }

  #levels(quality: number): number {
    return 255 * 2 ** (quality - this.maximumQuality)
  }
}
