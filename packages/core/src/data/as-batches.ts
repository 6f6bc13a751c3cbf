/**
 * What `fit` and `evaluate` take as data, brought to batches.
 */
import { check, WinnowError } from '../error.ts'
import { Batches, type PartialBatch } from './batches.ts'
import { ArrayDataset, fromArrays } from './dataset.ts'
import type { FileArray } from './host-array.ts'
import { StreamDataset } from './stream.ts'

/** A dataset, batches made of one, or an array as a file gave it. */
export type DataSource = ArrayDataset | StreamDataset | Batches | Pick<FileArray, 'data' | 'shape'>

/**
 * Batches of `source`, unless it is batches already.
 * @param options.size items in a batch; needed unless batches came
 * @param options.shuffle a new order for each pass: for data in memory only, a stream has its own `shuffle`
 */
export function asBatches(
  source: DataSource,
  options: {
    readonly size?: number
    readonly partial?: PartialBatch
    readonly shuffle?: boolean
  } = {},
): Batches {
  if (source instanceof Batches) return source
  const { size, partial = 'drop', shuffle = false } = options
  check(size !== undefined, () => 'batch: no size came, expected a whole number >= 1')
  if (source instanceof StreamDataset) return source.batch(size, { partial })
  const dataset = source instanceof ArrayDataset ? source : datasetOf(source)
  return (shuffle ? dataset.shuffle() : dataset).batch(size, { partial })
}

function datasetOf(source: Pick<FileArray, 'data' | 'shape'>): ArrayDataset {
  if (ArrayBuffer.isView(source?.data) && Array.isArray(source.shape)) return fromArrays(source)
  throw new WinnowError(
    'data: expected a dataset (fromArrays, fromIterable), batches of one, or { data, shape }',
  )
}
