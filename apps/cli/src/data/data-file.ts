/**
 * Data in one file: IDX or NPY (known by their first bytes, packed by gzip or not), else CSV.
 */
import { basename } from 'node:path'
import {
  type FileArray,
  gunzip,
  isGzip,
  parseCsv,
  parseIdx,
  parseNpy,
  readFileBytes,
  toHostArray,
  WinnowError,
} from '@winnow/core'
import { loadIdxPair } from './idx-set.ts'
import { type LoadedData, type LoadOptions, partOf } from './loaded-data.ts'

/** Loads a file; labels come from a CSV column, or from the IDX file whose name says labels for images. */
export async function loadDataFile(path: string, options: LoadOptions = {}): Promise<LoadedData> {
  const { split = 'train', label } = options
  const packed = await readFileBytes(path)
  const name = basename(path)
  const bytes = isGzip(packed) ? await gunzip(packed, { name }) : packed
  if (bytes.length === 0) throw new WinnowError(`${path}: the file is empty`)
  const isIdx = bytes[0] === 0 && bytes[1] === 0
  if (isIdx && name.includes('images-idx3')) {
    const labelsPath = path.replace(/images-idx3(?=[^/\\]*$)/, 'labels-idx1')
    return partOf(await loadIdxPair(path, labelsPath, name), split)
  }
  if (isIdx) return partOf(toLoaded(name, parseIdx(bytes, { name })), split)
  if (bytes[0] === 0x93) return partOf(toLoaded(name, parseNpy(bytes, { name })), split)
  const table = parseCsv(decodeText(bytes, name), { name, ...(label !== undefined && { label }) })
  const { labels, classNames } = table
  const loaded = { name, images: table.data, shape: table.shape }
  return partOf(
    labels === undefined || classNames === undefined ? loaded : { ...loaded, labels, classNames },
    split,
  )
}

function decodeText(bytes: Uint8Array, name: string): string {
  try {
    if (bytes.includes(0)) throw new WinnowError('a zero byte')
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new WinnowError(
      `${name}: not IDX, NPY or text, expected one of them (CSV is text in UTF-8)`,
      {
        cause: error,
      },
    )
  }
}

/** Images get a channel axis and stay bytes if they are; all else becomes float32. */
function toLoaded(name: string, array: FileArray): LoadedData {
  const { shape, dtype } = array
  const { data } = toHostArray(name, array)
  const shapes: Readonly<Record<number, readonly number[]>> = {
    1: [...shape, 1],
    2: shape,
    3: [...shape, 1],
    4: shape,
  }
  const wanted = shapes[shape.length]
  if (wanted === undefined || data.length === 0) {
    throw new WinnowError(
      `${name}: shape [${shape}] came, expected [items, dimensions], [items, height, width] or ` +
        '[items, height, width, channels], and at least one item',
    )
  }
  const images = dtype === 'uint8' ? (data as Uint8Array) : Float32Array.from(data)
  const wrong = images instanceof Float32Array ? images.findIndex((v) => !Number.isFinite(v)) : -1
  if (wrong !== -1) {
    throw new WinnowError(
      `${name}: value number ${wrong} is ${images[wrong]}, expected finite numbers`,
    )
  }
  return { name, images, shape: wanted }
}
