/**
 * A folder with the four IDX files of MNIST and its relatives, packed by gzip or not.
 */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type FileArray, gunzip, isGzip, parseIdx, readFileBytes, WinnowError } from '@winnow/core'
import type { LoadedData, Split } from './loaded-data.ts'

const prefixes = { train: ['train'], test: ['t10k'], all: ['train', 't10k'] } as const

/** Whether `folder` holds such a set. */
export function isIdxSet(folder: string): boolean {
  return find(folder, 'train-images-idx3-ubyte') !== undefined
}

/** Loads one part of the set. */
export async function loadIdxSet(
  folder: string,
  split: Split,
  options: { readonly name?: string; readonly classNames?: readonly string[] } = {},
): Promise<LoadedData> {
  const { name = basename(folder), classNames } = options
  const parts = await Promise.all(
    prefixes[split].map((prefix) =>
      loadIdxPair(
        join(folder, `${prefix}-images-idx3-ubyte`),
        join(folder, `${prefix}-labels-idx1-ubyte`),
        name,
      ),
    ),
  )
  const [first, second] = parts as [LoadedData, LoadedData | undefined]
  const whole = second === undefined ? first : joined(first, second)
  return classNames === undefined ? whole : { ...whole, classNames }
}

/** Loads images and, where there is such a file, their labels. */
export async function loadIdxPair(
  imagesPath: string,
  labelsPath: string | undefined,
  name: string,
): Promise<LoadedData> {
  const images = await readIdx(imagesPath)
  if (!(images.data instanceof Uint8Array) || images.shape.length !== 3) {
    throw new WinnowError(
      `${imagesPath}: ${images.dtype} [${images.shape}] came, expected images: uint8 [items, height, width]`,
    )
  }
  const loaded = { name, images: images.data, shape: [...images.shape, 1] }
  if (labelsPath === undefined || find(labelsPath) === undefined) return loaded
  const labels = await readIdx(labelsPath)
  if (labels.shape.length !== 1 || labels.shape[0] !== images.shape[0]) {
    throw new WinnowError(
      `${labelsPath}: labels [${labels.shape}] came for images [${images.shape}], expected [${images.shape[0]}]`,
    )
  }
  const numbers = Int32Array.from(labels.data as Uint8Array)
  const count = numbers.reduce((most, label) => Math.max(most, label), -1) + 1
  return {
    ...loaded,
    labels: numbers,
    classNames: Array.from({ length: count }, (_, label) => String(label)),
  }
}

/** Reads an IDX file, unpacking it when it is gzip; `.gz` may be left out of the path. */
async function readIdx(path: string): Promise<FileArray> {
  const found = find(path) ?? path
  const bytes = await readFileBytes(found)
  const name = basename(found)
  return parseIdx(isGzip(bytes) ? await gunzip(bytes, { name }) : bytes, { name })
}

function find(...path: readonly string[]): string | undefined {
  const plain = join(...path)
  return [plain, `${plain}.gz`].find((candidate) => existsSync(candidate))
}

function joined(first: LoadedData, second: LoadedData): LoadedData {
  const images = new Uint8Array(first.images.length + second.images.length)
  images.set(first.images)
  images.set(second.images, first.images.length)
  return {
    ...first,
    images,
    shape: [(first.shape[0] as number) + (second.shape[0] as number), ...first.shape.slice(1)],
    ...(first.labels && second.labels && { labels: concat(first.labels, second.labels) }),
  }
}

function concat(first: Int32Array, second: Int32Array): Int32Array {
  const out = new Int32Array(first.length + second.length)
  out.set(first)
  out.set(second, first.length)
  return out
}
