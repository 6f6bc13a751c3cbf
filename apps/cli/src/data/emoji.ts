/**
 * Google's Noto emoji: small colour images in nine categories, from the npm package emoji-datasource-google (images under
 * Apache 2.0). Variants in other skin tones are left out: they would put nearly the same image in both parts.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { WinnowError } from '@winnow/core'
import sharp from 'sharp'
import { readJson } from '../run/json.ts'
import { type LoadedData, type LoadOptions, partOf } from './loaded-data.ts'

/** Pixels a side where none are asked for; the files have 64. */
const DEFAULT_SIZE = 32

/** One in so many is kept back to test. */
const TEST_SHARE = 5

interface Emoji {
  readonly image: string
  readonly category: string
  readonly has_img_google: boolean
}

/**
 * Loads the emoji on white, one class a category.
 *
 * @param manifest path of the package's package.json; found where it is installed by default
 * @throws WinnowError when the package is not installed
 */
export async function loadEmoji(
  options: LoadOptions = {},
  manifest: string = find(),
): Promise<LoadedData> {
  const { split = 'train', size = DEFAULT_SIZE, channels = 3 } = options
  const [height, width] = typeof size === 'number' ? [size, size] : size
  const folder = dirname(manifest)
  const all = (await readJson(join(folder, 'emoji.json'))) as Emoji[]
  // `Component` holds the five skin tones by themselves.
  const chosen = all.filter((emoji) => emoji.has_img_google && emoji.category !== 'Component')
  const classNames = [...new Set(chosen.map(({ category }) => category))].sort()
  const itemSize = height * width * channels
  const images = new Uint8Array(chosen.length * itemSize)
  await Promise.all(
    chosen.map(async ({ image }, index) => {
      const pixels = await sharp(join(folder, 'img', 'google', '64', image))
        .flatten({ background: 'white' })
        .resize(width, height)
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .raw({ depth: 'uchar' })
        .toBuffer()
      images.set(pixels, index * itemSize)
    }),
  )
  const labels = Int32Array.from(chosen, ({ category }) => classNames.indexOf(category))
  const shape = [chosen.length, height, width, channels]
  return partOf({ name: 'emoji', images, shape, labels, classNames }, split, TEST_SHARE)
}

function find(): string {
  try {
    return createRequire(import.meta.url).resolve('emoji-datasource-google/package.json')
  } catch (cause) {
    throw new WinnowError(
      'data: emoji comes inside an npm package that is not installed here: npm install emoji-datasource-google@16.0.0',
      { cause },
    )
  }
}
