/**
 * The look at a run after each epoch: what its metrics, its objective and its layers give cause to warn of.
 */
import { dispose } from '@tensorflow/tfjs-core'
import type { EpochRecord, StepRecord } from './history.ts'
import type { Batch, Trainable } from './objective.ts'
import type { LoadedBatch } from './source.ts'
import type { Trainer } from './trainer.ts'
import { runWarnings } from './warnings.ts'

/** What is looked at. */
export interface Examined<B extends Batch> {
  readonly objective: Trainable<B>
  readonly trainer: Trainer<B>
  /** Those of the run so far. */
  readonly steps: readonly StepRecord[]
  /** The one that has just ended. */
  readonly epoch: EpochRecord
  /** A pass over the data, of which one batch is taken. */
  readonly pass: () => AsyncIterable<LoadedBatch<B>>
}

/** Warnings after an epoch: exploding gradients, a loss that never moves, the objective's own, dead units. */
export async function diagnose<B extends Batch>(examined: Examined<B>): Promise<readonly string[]> {
  const { objective, steps, epoch } = examined
  return [
    ...runWarnings(steps, epoch),
    ...(objective.diagnose?.(epoch) ?? []),
    // One eager pass more, so not after every epoch of a long run of short ones.
    ...(isPowerOfTwo(epoch.epoch) ? await deadUnits(examined) : []),
  ]
}

/** Dead units on the first batch of the pass. */
async function deadUnits<B extends Batch>({
  trainer,
  steps,
  pass,
}: Examined<B>): Promise<readonly string[]> {
  for await (const { batch } of pass()) {
    try {
      return await trainer.deadUnits(batch, steps.at(-1)?.step ?? 0)
    } finally {
      dispose(batch as never)
    }
  }
  return []
}

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count))
}
