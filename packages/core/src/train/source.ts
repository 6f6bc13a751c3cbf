/**
 * Batches on the host become tensors: one pass over the data for `fit` and `evaluate`.
 */
import { dispose, Tensor } from '@tensorflow/tfjs-core'
import type { Batches } from '../data/batches.ts'
import { type HostArray, type HostBatch, toTensors } from '../data/host-array.ts'
import { check } from '../error.ts'
import type { Rng } from '../rng.ts'
import type { Batch } from './objective.ts'

/** A batch as tensors, which belong to whoever asked, and how many items it holds. */
export interface LoadedBatch<B extends Batch = Batch> {
  readonly batch: B
  readonly count: number
}

/** What a pass is given. */
export interface PassOptions {
  /** Settles order and augmentation together with `epoch`. */
  readonly rng: Rng
  /** From 0. */
  readonly epoch: number
  /** Batches to leave out at the start; 0 by default. */
  readonly from?: number
  /** Sees each batch on the host first, and throws where it cannot be used. */
  readonly check?: ((batch: HostBatch) => void) | undefined
}

/** One pass as tensors. */
export async function* loadEpoch<B extends Batch>(
  batches: Batches,
  options: PassOptions,
): AsyncGenerator<LoadedBatch<B>> {
  const { rng, epoch, from = 0, check: look } = options
  for await (const host of batches.epoch(rng, epoch, { from })) {
    look?.(host)
    yield { batch: toTensors(host) as B, count: host.inputs.shape[0] ?? 0 }
  }
}

/** Collects `size` batches at a time; an incomplete last group is disposed. */
export async function* groups<B extends Batch>(
  source: AsyncIterable<LoadedBatch<B>>,
  size: number,
): AsyncGenerator<readonly LoadedBatch<B>[]> {
  let group: LoadedBatch<B>[] = []
  try {
    for await (const loaded of source) {
      group.push(loaded)
      if (group.length < size) continue
      const full = group
      group = []
      yield full
    }
  } finally {
    dispose(group.map(({ batch }) => batch) as never)
  }
}

/**
 * The inputs of a batch: the tensor itself, or the record's `inputs`.
 *
 * @throws WinnowError for a record without them
 */
export function inputsOf(batch: Batch): Tensor {
  if (batch instanceof Tensor) return batch
  const { inputs } = batch
  check(
    inputs !== undefined,
    () => `batch: the fields ${Object.keys(batch).join(', ')} came, expected 'inputs' among them`,
  )
  return inputs
}

/**
 * What an objective whose items have one shape checks on the host: `checkItems('VAE', inputs, { input: [28, 28, 1] })`.
 *
 * @param expected the option that settles the shape, by name
 * @throws WinnowError for items of another shape
 */
export function checkItems(
  model: string,
  inputs: HostArray,
  expected: Readonly<Record<string, readonly number[]>>,
): void {
  const [option, wanted] = Object.entries(expected)[0] as [string, readonly number[]]
  const shape = inputs.shape.slice(1)
  check(
    shape.join() === wanted.join(),
    () => `${model}: data: items of shape [${shape}] came, expected ${option}: [${wanted}]`,
  )
}
