/**
 * Where `fit` and `evaluate` get their batches: a dataset, cut here, or batches that somebody has cut already.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { Batches } from '../data/batches.ts'
import type { ArrayDataset } from '../data/dataset.ts'
import { type HostBatch, toTensors } from '../data/host-array.ts'
import type { Rng } from '../rng.ts'
import type { Batch } from './objective.ts'

/** Data to train on: a dataset in memory, or batches from anywhere. */
export type TrainingData = ArrayDataset | Batches

/** A batch as tensors, which belong to whoever asked, and how many items it holds. */
export interface LoadedBatch<B extends Batch = Batch> {
  readonly batch: B
  readonly count: number
}

/** Shuffled batches of a dataset without the short last one; batches as they are. */
export function trainingBatches(data: TrainingData, size: number): Batches {
  return data instanceof Batches ? data : data.shuffle().batch(size, { partial: 'drop' })
}

/** Batches of a dataset in its own order, the short last one included; batches as they are. */
export function evaluationBatches(data: TrainingData, size: number): Batches {
  return data instanceof Batches ? data : data.batch(size, { partial: 'keep' })
}

/** What a pass is given. */
export interface PassOptions {
  /** Settles order and augmentation together with `epoch`. */
  readonly rng: Rng
  /** From 0. */
  readonly epoch: number
  /** Sees each batch on the host first, and throws where it cannot be used. */
  readonly check?: ((batch: HostBatch) => void) | undefined
}

/** One pass as tensors. */
export async function* loadEpoch<B extends Batch>(
  batches: Batches,
  options: PassOptions,
): AsyncGenerator<LoadedBatch<B>> {
  const { rng, epoch, check } = options
  for await (const host of batches.epoch(rng, epoch)) {
    check?.(host)
    yield { batch: toTensors(host) as B, count: host.inputs.shape[0] ?? 0 }
  }
}

/** The inputs of a batch: the tensor itself, or the record's `inputs`. */
export function inputsOf(batch: Tensor | { readonly inputs: Tensor }): Tensor {
  return 'inputs' in batch ? batch.inputs : batch
}
