/**
 * Dimension, rate and quality of a trained WaLLoC, beside JPEG and WebP: on sheets of many test images, as a file of one small
 * image is mostly header.
 */
import { dispose, tensor } from '@tensorflow/tfjs-core'
import { type CodecImage, latentToImage, type Walloc } from '@winnow/compression'
import sharp from 'sharp'
import { compareImages } from '../quality-points.ts'
import { decodeRival, RIVALS } from '../rivals.ts'

/** One way of storing the sheets: means over them. */
export interface RateRow {
  readonly name: string
  readonly bitsPerPixel: number
  readonly psnr: number
}

/** Images of bytes, `[items, height, width, channels]`. */
export interface ByteImages {
  readonly images: Uint8Array
  readonly shape: readonly number[]
}

/** Images a side of a sheet. */
export const SHEET = 12

/** The first images as one picture. */
function sheetOf({ images, shape }: ByteImages, first = 0): CodecImage {
  const [, height, width, channels] = shape as [number, number, number, number]
  const row = width * channels
  const data = new Uint8Array(SHEET * SHEET * height * row)
  for (let i = 0; i < SHEET * SHEET; i++) {
    const [top, left] = [Math.floor(i / SHEET) * height, (i % SHEET) * row]
    for (let y = 0; y < height; y++) {
      const from = ((first + i) * height + y) * row
      data.set(images.subarray(from, from + row), (top + y) * SHEET * row + left)
    }
  }
  return { data, width: SHEET * width, height: SHEET * height, channels }
}

/** WaLLoC's latents as they are and as a lossless WebP, then the setting of each rival that is nearest in size. */
export async function ratesOf(walloc: Walloc, test: ByteImages): Promise<readonly RateRow[]> {
  const sheet = sheetOf(test)
  const pixels = sheet.width * sheet.height
  const { bits = 8, latent } = walloc.config
  const shape = [1, sheet.height, sheet.width, sheet.channels]
  const x = tensor(
    Float32Array.from(sheet.data, (value) => value / 255),
    shape,
  )
  const codes = walloc.encode(x)
  const y = walloc.decode(codes)
  const [, height = 0, width = 0] = codes.shape
  const values = await codes.data()
  const data = Uint8Array.from(await y.data(), (value) => Math.round(255 * value))
  dispose([x, codes, y])
  const { psnr } = await compareImages(sheet, { ...sheet, data })
  const picture = latentToImage({ values, height, width, channels: latent }, bits)
  const raw = { width: picture.width, height: picture.height, channels: 1 as const }
  const file = await sharp(picture.data, { raw }).webp({ lossless: true }).toBuffer()
  const bitsPerPixel = (8 * file.length) / pixels
  const rows: RateRow[] = [
    {
      name: `WaLLoC, ${bits} bits each`,
      bitsPerPixel: (bits * values.length) / pixels,
      psnr,
    },
    { name: 'WaLLoC, as lossless WebP', bitsPerPixel, psnr },
  ]
  for (const { name, qualities, encode } of RIVALS.filter((rival) => rival.name !== 'AVIF')) {
    const files = await Promise.all(
      qualities.map(async (quality) => ({ quality, bytes: await encode(sheet, quality) })),
    )
    const off = (bytes: Uint8Array): number => Math.abs(bytes.length - file.length)
    const { quality, bytes } = files.sort(
      (a, b) => off(a.bytes) - off(b.bytes),
    )[0] as (typeof files)[0]
    const back = await decodeRival(bytes)
    rows.push({
      name: `${name}, quality ${quality}`,
      bitsPerPixel: (8 * bytes.length) / pixels,
      psnr: (await compareImages(sheet, sameChannels(back, sheet))).psnr,
    })
  }
  return rows
}

/** A grey picture comes back in colour. */
function sameChannels(back: CodecImage, { channels }: CodecImage): CodecImage {
  if (back.channels === channels) return back
  const pixels = back.width * back.height
  const data = Uint8Array.from({ length: pixels }, (_, i) => back.data[i * back.channels] as number)
  return { ...back, data, channels }
}
