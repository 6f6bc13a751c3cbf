/**
 * One image file, which may be anything: its size is checked before it is decoded, and only the decoders of PNG, JPEG and
 * WebP see it, whatever its name says.
 */
import { open } from 'node:fs/promises'
import { check, WinnowError } from '@winnow/core'
import sharp from 'sharp'

/** Pixels that any file may declare, and those that it may for each of its bytes: deflate packs 1032 bytes into one. */
const freePixels = 2 ** 22
const pixelsPerByte = 1032
/** More than a picture to learn from has; decoded they take 256 MiB. */
const mostPixels = 2 ** 26

export interface ImageSize {
  readonly height: number
  readonly width: number
  readonly channels: number
}

/**
 * The size of an image, as it is shown, and its channels without alpha.
 * @throws WinnowError for another format, more pixels than the file can hold, or what cannot be read
 */
export async function inspectImage(path: string): Promise<ImageSize> {
  const size = await named(path, () => checkFormat(path))
  const { height, width, channels, hasAlpha, autoOrient } = await named(path, () =>
    // Whatever it declares: nothing is decoded for this.
    sharp(path, { limitInputPixels: false }).metadata(),
  )
  check(
    height * width <= freePixels + pixelsPerByte * size,
    () => `${path}: declares ${height}x${width} pixels in ${size} bytes, more than they can hold`,
  )
  check(
    height * width <= mostPixels,
    () => `${path}: ${height}x${width} pixels, at most ${mostPixels} in all are read`,
  )
  return {
    height: autoOrient?.height ?? height,
    width: autoOrient?.width ?? width,
    channels: channels - (hasAlpha ? 1 : 0),
  }
}

/**
 * An image that has been inspected as bytes `[height, width, channels]`, scaled and cropped to cover them.
 * @throws WinnowError for what cannot be decoded
 */
export async function decodeImage(
  path: string,
  { height, width, channels }: ImageSize,
): Promise<Uint8Array> {
  const { data, info } = await named(path, () =>
    sharp(path, { failOn: 'truncated', limitInputPixels: mostPixels })
      .autoOrient()
      .flatten({ background: 'black' })
      .resize(width, height, { fit: 'cover' })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  )
  check(
    info.channels === channels && data.length === height * width * channels,
    () =>
      `${path}: ${info.channels} channels of ${info.height}x${info.width} came out, expected ${channels} of ${height}x${width}`,
  )
  return data
}

/** The file's size in bytes. libvips would also read SVG, TIFF and more: formats that are programs, or name other files. */
async function checkFormat(path: string): Promise<number> {
  const file = await open(path)
  try {
    const { buffer: head, bytesRead } = await file.read(new Uint8Array(12), 0, 12, 0)
    const letters = String.fromCharCode(...head.subarray(0, bytesRead))
    check(
      letters.startsWith('\x89PNG\r\n\x1a\n') ||
        letters.startsWith('\xff\xd8\xff') ||
        (letters.startsWith('RIFF') && letters.slice(8) === 'WEBP'),
      () => 'it is not a PNG, JPEG or WebP file',
    )
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

async function named<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    const [reason] = (error as Error).message.split('\n')
    throw new WinnowError(`${path}: cannot be read as an image: ${reason}`, { cause: error })
  }
}
