/**
 * What `fit` is told: options, callbacks, and where a run is saved.
 */
import type { CheckpointStore } from '../checkpoint/store.ts'
import type { DataSource } from '../data/as-batches.ts'
import { check } from '../error.ts'
import type { Selector } from '../module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { checkEarlyStopping, type EarlyStoppingOptions } from './early-stopping.ts'
import type { EpochRecord } from './history.ts'
import type { Progress } from './progress.ts'

/** Called in turn, and waited for. */
export interface FitCallbacks {
  /** After each update. `progress.metrics` are those of this update. */
  onStep?(progress: Progress): void | Promise<void>
  /** After each epoch and its validation. `progress.metrics` are the means over the training data. */
  onEpoch?(epoch: EpochRecord, progress: Progress): void | Promise<void>
  /**
   * For each warning: from the objective's `diagnose`, from the look at losses and dead units, or of a device that was lost.
   * `epoch` is the one that has ended; where a device was lost, the one that goes on, as far as the checkpoint knows it.
   */
  onWarning?(warning: string, epoch: EpochRecord): void | Promise<void>
}

/** Options of `fit`. */
export interface FitOptions {
  /** Passes over the data; by default 1, or as many as `steps` take. */
  readonly epochs?: number
  /** Ends the run after so many updates, where the epochs have not ended it before; no limit by default. */
  readonly steps?: number
  /** Items per (micro-)batch where the data is not in batches yet; 128 by default. */
  readonly batch?: number
  /** Micro-batches whose gradients are averaged into one update; 1 by default. */
  readonly accumulate?: number
  readonly optimizer: Optimizer
  /** Settles the order of the data and every random draw; 0 by default. */
  readonly seed?: number
  /** Which parameters train; all by default. */
  readonly train?: Selector
  /** Numbers that the loss reads as `context.scalars`, by name, from the number of updates made. */
  readonly scalars?: Readonly<Record<string, (step: number) => number>>
  /** Evaluated after each epoch, always with the same random draws. */
  readonly validation?: DataSource
  /** With validation or without; the best parameters are put back at the end. */
  readonly earlyStopping?: EarlyStoppingOptions
  readonly callbacks?: readonly FitCallbacks[]
  /** Where and how often the whole run is saved, so that it can go on after an interruption. */
  readonly checkpoint?: CheckpointOptions
  /**
   * When the device beneath the backend is lost or fails (WebGPU: a driver that is reset, memory that runs out): by default
   * the run goes on from its last checkpoint, on the device started anew or the next backend that works, and a warning says
   * so. Steps made since that checkpoint are made again. `throw` ends the run, as does the lack of a checkpoint.
   */
  readonly onDeviceLost?: 'continue' | 'throw'
  /** Ends the run after the step in progress; what was learnt stays, and is saved where `checkpoint` says. */
  readonly signal?: AbortSignal
}

/** Saving a run on its way. It is saved after epochs (not more than once a
 * second), at the end, when it is aborted, and as often as `everySteps` says. */
export type CheckpointOptions = CheckpointPlace & {
  /** Updates between saves within an epoch; none by default. */
  readonly everySteps?: number
  /** Goes on from what is there, if anything is: equal to the bit to a run that was never interrupted. */
  readonly resume?: boolean
}

/** A file, or a store of one's own where there are no files (a browser's IndexedDB, say). */
export type CheckpointPlace =
  | {
      /** The file, which is replaced as a whole each time. Node only. */
      readonly path: string
      readonly store?: undefined
    }
  | { readonly store: CheckpointStore; readonly path?: undefined }

/** @throws WinnowError naming the option that is not right */
export function checkOptions(options: FitOptions): void {
  const { epochs = 1, batch = 128, accumulate = 1, steps = 1, checkpoint, earlyStopping } = options
  const everySteps = checkpoint?.everySteps ?? 1
  for (const [name, value] of Object.entries({ epochs, batch, accumulate, steps, everySteps })) {
    check(
      Number.isInteger(value) && value >= 1,
      () => `fit: ${name}: ${value} came, expected a whole number >= 1`,
    )
  }
  const { onDeviceLost = 'continue' } = options
  check(
    onDeviceLost === 'continue' || onDeviceLost === 'throw',
    () => `fit: onDeviceLost: '${onDeviceLost}' came, expected 'continue' or 'throw'`,
  )
  if (earlyStopping !== undefined) checkEarlyStopping(earlyStopping)
}
