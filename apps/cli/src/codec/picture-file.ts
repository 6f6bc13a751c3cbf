/**
 * Pictures in PNG, JPEG and WebP files, as the codecs take and give them: with alpha, in grey, and with 16 bits.
 */
import { extname } from 'node:path'
import type { CodecImage } from '@winnow/compression'
import { check, WinnowError, writeFileAtomic } from '@winnow/core'
import sharp from 'sharp'
import { inspectImage } from '../data/image-file.ts'

/** Formats that pictures are written in. */
export const PICTURE_FORMATS = ['png', 'jpeg', 'webp'] as const
export type PictureFormat = (typeof PICTURE_FORMATS)[number]

/** Endings of the files that are read. */
export const PICTURE_ENDINGS: ReadonlySet<string> = new Set(['.png', '.jpg', '.jpeg', '.webp'])

/** How a picture is read. */
export interface ReadOptions {
  /** Three channels of bytes, whatever the file has: alpha on black. */
  readonly plain?: boolean
  /** Pixels that the longer side has at most: larger pictures are scaled down. */
  readonly longest?: number
}

/**
 * The pixels of a file, upright.
 *
 * @throws WinnowError for another format, what cannot be decoded, or more pixels than are read
 */
export async function readPicture(path: string, options: ReadOptions = {}): Promise<CodecImage> {
  await inspectImage(path)
  try {
    return await decode(path, options)
  } catch (error) {
    if (error instanceof WinnowError) throw error
    const [reason] = (error as Error).message.split('\n')
    throw new WinnowError(`${path}: cannot be read as an image: ${reason}`, { cause: error })
  }
}

async function decode(path: string, { plain = false, longest }: ReadOptions): Promise<CodecImage> {
  const { depth, hasAlpha = false, channels: stored = 3 } = await sharp(path).metadata()
  const sixteen = depth === 'ushort' && !plain
  const grey = stored <= 2 && !plain
  const alpha = hasAlpha && !plain
  let pipeline = sharp(path, { failOn: 'truncated', limitInputPixels: 2 ** 26 }).autoOrient()
  if (plain) pipeline = pipeline.flatten({ background: 'black' })
  if (longest !== undefined) {
    pipeline = pipeline.resize(longest, longest, { fit: 'inside', withoutEnlargement: true })
  }
  // In 8 bits sharp gives the first band of what is grey, without its alpha: grey with alpha is read as colour.
  const wide = grey && alpha && !sixteen
  pipeline = sixteen
    ? pipeline.toColourspace(grey ? 'grey16' : 'rgb16').raw({ depth: 'ushort' })
    : pipeline.toColourspace(grey && !wide ? 'b-w' : 'srgb').raw({ depth: 'uchar' })
  const { data, info } = await pipeline.toBuffer({ resolveWithObject: true })
  const { width, height } = info
  const bytes = sixteen ? new Uint16Array(new Uint8Array(data).buffer) : new Uint8Array(data)
  const channels = (grey ? 1 : 3) + (alpha ? 1 : 0)
  const kept = wide ? withoutRepeats(bytes as Uint8Array, width * height) : bytes
  check(
    kept.length === width * height * channels,
    () => `${path}: ${kept.length} values came out, expected ${width} x ${height} x ${channels}`,
  )
  return { data: kept, width, height, channels }
}

/** Red, green, blue and alpha to the first of them and alpha. */
function withoutRepeats(data: Uint8Array, pixels: number): Uint8Array {
  return Uint8Array.from(
    { length: pixels * 2 },
    (_, i) => data[(i >> 1) * 4 + (i % 2) * 3] as number,
  )
}

/**
 * Writes a picture in the format that the path ends in. JPEG takes no alpha and 8 bits, WebP 8 bits.
 *
 * @throws WinnowError for another ending
 */
export async function writePicture(path: string, image: CodecImage): Promise<void> {
  const ending = extname(path).toLowerCase().slice(1)
  const format = PICTURE_FORMATS.find((name) => name === (ending === 'jpg' ? 'jpeg' : ending))
  check(format !== undefined, () => `${path}: expected a name that ends in .png, .jpg or .webp`)
  await writeFileAtomic(path, new Uint8Array(await encodePicture(image, format)))
}

/** The bytes of a picture: PNG and WebP without loss, JPEG at quality 95. */
async function encodePicture(image: CodecImage, format: PictureFormat): Promise<Uint8Array> {
  const { width, height, channels, data } = image
  const sixteen = data instanceof Uint16Array
  const raw = { width, height, channels: channels as 1 | 2 | 3 | 4 }
  const space = `${channels < 3 ? (sixteen ? 'grey16' : 'b-w') : sixteen ? 'rgb16' : 'srgb'}`
  const pipeline = sharp(data as Uint8Array, { raw })
  if (format === 'png') return pipeline.toColourspace(space).png().toBuffer()
  if (format === 'webp') return pipeline.webp({ lossless: true }).toBuffer()
  return pipeline.flatten({ background: 'black' }).jpeg({ quality: 95 }).toBuffer()
}
