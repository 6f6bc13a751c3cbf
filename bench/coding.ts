/**
 * Coding on the host: `entropy-coder` takes a million symbols, a megabyte as bytes, so that megabytes a second are 1,000 over its
 * milliseconds; `codec-image` takes a picture of one megapixel, so that megapixels a second are.
 */
import { tensor } from '@tensorflow/tfjs-core'
import { decodeRival, RIVALS } from '../apps/cli/src/codec/rivals.ts'
import {
  type CodecImage,
  compressImage,
  decompressImage,
  gaussianScales,
  gaussianTables,
  HyperpriorCodec,
  SymbolReader,
  SymbolWriter,
} from '../packages/compression/src/index.ts'
import { Rng } from '../packages/core/src/index.ts'

/** What is timed, by case. */
export type CodingCases = ReadonlyMap<string, () => Promise<void>>

const SYMBOLS = 1_000_000
/** Scales up to 4: what latents of pictures have. */
const SCALES = 30

/** Symbols of normal distributions with as many scales. */
export function entropyCoder(): CodingCases {
  const rng = new Rng(1)
  const tables = gaussianTables()
  const choices = Uint8Array.from(rng.uniformValues(SYMBOLS, 0, SCALES), Math.floor)
  const noise = rng.normalValues(SYMBOLS)
  const values = Int32Array.from(choices, (choice, i) =>
    Math.round((noise[i] as number) * (gaussianScales[choice] as number)),
  )
  const encode = (): Uint8Array => {
    const writer = new SymbolWriter()
    writer.putAll(values, tables, choices)
    return writer.finish()
  }
  const bytes = encode()
  return new Map([
    [
      'encode-1MB',
      async () => {
        encode()
      },
    ],
    [
      'decode-1MB',
      async () => {
        const reader = new SymbolReader(bytes)
        reader.getAll(tables, choices)
        reader.finish()
      },
    ],
  ])
}

/** A picture with soft shapes, edges and grain. */
function picture(width: number, height: number): CodecImage {
  const noise = new Rng(2).normalValues(width * height * 3, 0, 4)
  const data = Uint8Array.from(noise, (grain, at) => {
    const [row, column] = [Math.floor(at / 3 / width), Math.floor(at / 3) % width]
    const edge = (row + column) % 180 < 90 ? 40 : -40
    return Math.min(
      255,
      Math.max(0, 128 + edge + 50 * Math.sin(row / 31) * Math.cos(column / 47) + grain),
    )
  })
  return { data, width, height, channels: 3 }
}

/** A hyperprior codec of the usual size, untrained, beside JPEG and WebP at quality 75. */
export async function codecImage(): Promise<CodingCases> {
  const image = picture(1024, 1024)
  const codec = new HyperpriorCodec({ channels: 128, latents: 192 }, new Rng(3))
  const side = 256
  const part = picture(side, side)
  const images = tensor(
    Float32Array.from(part.data, (value) => value / 255),
    [1, side, side, 3],
  )
  await codec.prepareForCoding(images)
  images.dispose()
  const cases = new Map<string, () => Promise<void>>()
  const bytes = await compressImage(codec, image)
  cases.set('encode-1MP', async () => {
    await compressImage(codec, image)
  })
  cases.set('decode-1MP', async () => {
    await decompressImage(bytes, codec)
  })
  for (const { name, encode } of RIVALS.filter(({ name }) => name !== 'AVIF')) {
    const coded = await encode(image, 75)
    cases.set(`${name}-encode-1MP`, async () => {
      await encode(image, 75)
    })
    cases.set(`${name}-decode-1MP`, async () => {
      await decodeRival(coded)
    })
  }
  return cases
}
