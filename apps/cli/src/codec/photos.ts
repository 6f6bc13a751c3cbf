/**
 * Photos to train a codec on: patches cut from them at random places. No photo is in two of the parts.
 */
import { basename, dirname, join } from 'node:path'
import type { CodecImage } from '@winnow/compression'
import { check, Rng } from '@winnow/core'
import { DEBIAN_PHOTOS, debianPhotos } from './debian-photos.ts'
import { PICTURE_ENDINGS, readPicture } from './picture-file.ts'
import { type FoundFile, findFiles } from './picture-files.ts'

/** The photos of a folder in three parts. */
export interface PhotoParts {
  readonly name: string
  readonly train: readonly FoundFile[]
  readonly validation: readonly FoundFile[]
  readonly test: readonly FoundFile[]
}

/** One photo in so many is kept back for each of validation and test. */
const SHARE = 10

/**
 * The photos of Debian packages, by their name, or those below a folder: its subfolder `test` is the test part where there is one, else a fixed choice of a tenth, at least
 * one photo.
 *
 * @throws WinnowError for fewer than 3 photos
 */
export async function photoParts(folder: string): Promise<PhotoParts> {
  if (folder === DEBIAN_PHOTOS) return await debianPhotos()
  const files = await findFiles(folder, PICTURE_ENDINGS)
  const own = files.filter(({ inside }) => inside.split(/[/\\]/)[0] === 'test')
  const rest = files.filter((file) => !own.includes(file))
  const order = [...new Rng(0).permutation(rest.length)].map((i) => rest[i] as FoundFile)
  const kept = Math.max(1, Math.round(rest.length / SHARE))
  const test = own.length > 0 ? own : order.splice(0, kept)
  const validation = order.splice(0, kept)
  check(
    order.length > 0,
    () =>
      `${folder}: ${files.length} photos are there, expected at least 3: to train on, to watch and to test`,
  )
  return { name: basename(join(dirname(folder), basename(folder))), train: order, validation, test }
}

/** Photos as three channels of bytes. */
export function readPhotos(files: readonly FoundFile[], longest?: number): Promise<CodecImage[]> {
  const options = { plain: true, ...(longest === undefined ? {} : { longest }) }
  return Promise.all(files.map(({ path }) => readPicture(path, options)))
}

/**
 * Square patches, from each photo in proportion to its pixels.
 *
 * @returns bytes, `[about count, side, side, 3]`
 * @throws WinnowError where no photo is large enough
 */
export function patchesOf(
  photos: readonly CodecImage[],
  { side, count, rng }: { readonly side: number; readonly count: number; readonly rng: Rng },
): { readonly data: Uint8Array; readonly shape: readonly number[] } {
  const large = photos.filter(({ width, height }) => Math.min(width, height) >= side)
  check(large.length > 0, () => `photos: none of ${photos.length} has ${side} pixels on both sides`)
  const pixels = large.reduce((sum, { width, height }) => sum + width * height, 0)
  const counts = large.map(({ width, height }) =>
    Math.max(1, Math.round((count * width * height) / pixels)),
  )
  const total = counts.reduce((sum, value) => sum + value, 0)
  const data = new Uint8Array(total * side * side * 3)
  let to = 0
  for (const [i, photo] of large.entries()) {
    const draws = rng.uniformValues(2 * (counts[i] as number))
    for (let patch = 0; patch < (counts[i] as number); patch++) {
      const place = (draw: number, length: number): number =>
        Math.min(length - side, Math.floor((draws[draw] as number) * (length - side + 1)))
      const left = place(2 * patch, photo.width)
      const top = place(2 * patch + 1, photo.height)
      for (let row = 0; row < side; row++, to += side * 3) {
        const from = ((top + row) * photo.width + left) * 3
        data.set(photo.data.subarray(from, from + side * 3), to)
      }
    }
  }
  return { data, shape: [total, side, side, 3] }
}
