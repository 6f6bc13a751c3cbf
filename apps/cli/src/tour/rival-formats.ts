/**
 * JPEG and WebP at the settings that come nearest to a codec, in size and in quality.
 */
import type { CodecImage } from '@winnow/compression'
import { decodeRival, RIVALS, type Rival } from '../codec/rivals.ts'
import { meanSquare } from './principal-components.ts'

/** Pictures that were coded and decoded again: means over them. */
export interface CodedPictures {
  /** Of whole files. */
  readonly bitsPerPixel: number
  /** Decibels. */
  readonly psnr: number
  /** What came back of the first. */
  readonly first: CodecImage
}

/** See the top of the file. */
export interface LikeOurs {
  readonly name: string
  readonly sameRate: CodedPictures
  readonly sameQuality: CodedPictures
}

const COMPARED = ['JPEG', 'WebP']
const QUALITIES = { lowest: 1, highest: 100 }

export async function likeOurs(
  pictures: readonly CodecImage[],
  ours: CodedPictures,
): Promise<LikeOurs[]> {
  const found: LikeOurs[] = []
  for (const rival of RIVALS.filter(({ name }) => COMPARED.includes(name))) {
    const known = new Map<number, CodedPictures>()
    const at = async (quality: number): Promise<CodedPictures> => {
      const coded = known.get(quality) ?? (await codedBy(rival, pictures, quality))
      known.set(quality, coded)
      return coded
    }
    found.push({
      name: rival.name,
      sameRate: await nearest(at, ({ bitsPerPixel }) => bitsPerPixel, ours.bitsPerPixel),
      sameQuality: await nearest(at, ({ psnr }) => psnr, ours.psnr),
    })
  }
  return found
}

/** The setting whose measure, which rises with it, comes nearest to `wanted`. */
async function nearest(
  at: (quality: number) => Promise<CodedPictures>,
  measure: (coded: CodedPictures) => number,
  wanted: number,
): Promise<CodedPictures> {
  let [low, high] = [QUALITIES.lowest, QUALITIES.highest]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (measure(await at(middle)) < wanted) low = middle
    else high = middle
  }
  const [below, above] = [await at(low), await at(high)]
  const distance = (coded: CodedPictures): number => Math.abs(measure(coded) - wanted)
  return distance(below) < distance(above) ? below : above
}

async function codedBy(
  { encode }: Rival,
  pictures: readonly CodecImage[],
  quality: number,
): Promise<CodedPictures> {
  const files = await Promise.all(pictures.map((picture) => encode(picture, quality)))
  const back = await Promise.all(files.map(decodeRival))
  return {
    bitsPerPixel: meanOf(
      pictures.map(({ width, height }, i) => (8 * (files[i]?.length ?? 0)) / (width * height)),
    ),
    psnr: meanOf(pictures.map((picture, i) => psnrOf(picture, back[i] as CodecImage))),
    first: back[0] as CodecImage,
  }
}

/** Of bytes, all channels together; in decibels. */
export function psnrOf(a: CodecImage, b: CodecImage): number {
  return 10 * Math.log10(255 ** 2 / meanSquare(a.data, b.data))
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
