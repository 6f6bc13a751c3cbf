/**
 * JPEG, WebP and AVIF by sharp, at several qualities: what a codec is measured beside.
 */
import type { CodecImage } from '@winnow/compression'
import sharp from 'sharp'

/** A format with a setting from 1 to 100. */
export interface Rival {
  readonly name: string
  readonly qualities: readonly number[]
  encode(image: CodecImage, quality: number): Promise<Uint8Array>
}

/** Grey pictures stay grey: as three equal channels a JPEG of them is a little larger. */
const raw = ({ data, width, height, channels }: CodecImage) => {
  const image = sharp(data as Uint8Array, {
    raw: { width, height, channels: channels as 1 | 2 | 3 | 4 },
  })
  return channels < 3 ? image.toColourspace('b-w') : image
}

/** With the settings that sharp takes by default besides the quality; JPEG by mozjpeg's tables and search. */
export const RIVALS: readonly Rival[] = [
  {
    name: 'JPEG',
    qualities: [5, 10, 20, 35, 50, 70, 85, 95],
    encode: (image, quality) => raw(image).jpeg({ quality, mozjpeg: true }).toBuffer(),
  },
  {
    name: 'WebP',
    qualities: [1, 10, 25, 45, 65, 80, 90, 97],
    encode: (image, quality) => raw(image).webp({ quality }).toBuffer(),
  },
  {
    name: 'AVIF',
    qualities: [10, 20, 30, 40, 50, 65, 80],
    encode: (image, quality) => raw(image).avif({ quality }).toBuffer(),
  },
]

/** Back to three channels of bytes. */
export async function decodeRival(bytes: Uint8Array): Promise<CodecImage> {
  const { data, info } = await sharp(bytes)
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels }
}
