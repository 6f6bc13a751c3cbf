/**
 * What loading gives, and the parts of data that has no test part of its own.
 */
import { Rng, WinnowError } from '@winnow/core'

/** Which part: the one to train on, the one kept back, or both. */
export type Split = 'train' | 'test' | 'all'

/** Items in memory, on the host. */
export interface LoadedData {
  readonly name: string
  /** Bytes 0 to 255, or numbers as they were in the file. */
  readonly images: Uint8Array | Float32Array
  /** `[items, height, width, channels]`, or `[items, dimensions]` for data that is no image. */
  readonly shape: readonly number[]
  /** For each item an index into `classNames`. */
  readonly labels?: Int32Array
  readonly classNames?: readonly string[]
}

/** How to load. */
export interface LoadOptions {
  /** 'train' by default. Of data without parts of its own, a tenth is kept back: always the same one. */
  readonly split?: Split
  /** Images of a folder are scaled and cropped to this many pixels, square or `[height, width]`. */
  readonly size?: number | readonly [height: number, width: number]
  /** Grey or colour; by default what the images of a folder are. */
  readonly channels?: 1 | 3
  /** The column of a CSV file to take as label: a header name, or a number from 0 (from the end where negative). */
  readonly label?: string | number
  /** Where fetched data is kept; `WINNOW_CACHE` or the user's cache folder by default. */
  readonly cache?: string
}

/**
 * The part of `data` that `split` names, in a fixed random choice: one item in `share` to test, the others to train on.
 */
export function partOf(data: LoadedData, split: Split, share = 10): LoadedData {
  if (split === 'all') return data
  const count = data.shape[0] as number
  const kept = Math.round(count / share)
  if (kept === 0 && split === 'test') {
    throw new WinnowError(
      `${data.name}: ${count} items came, too few to keep a tenth back as test part`,
    )
  }
  const order = new Rng(0).permutation(count)
  const chosen = (split === 'test' ? order.slice(0, kept) : order.slice(kept)).sort()
  const size = data.images.length / count
  const images =
    data.images instanceof Uint8Array
      ? new Uint8Array(chosen.length * size)
      : new Float32Array(chosen.length * size)
  chosen.forEach((item, place) => {
    images.set(data.images.subarray(item * size, (item + 1) * size), place * size)
  })
  const { labels } = data
  return {
    ...data,
    images,
    shape: [chosen.length, ...data.shape.slice(1)],
    ...(labels && { labels: chosen.map((item) => labels[item] as number) }),
  }
}
