/**
 * `fit` trains a module that is its own objective: batches in, compiled steps, validation, callbacks, history out.
 */
import { dispose } from '@tensorflow/tfjs-core'
import { prepareBackend } from '../backend/prepare.ts'
import { type CheckpointStore, fileStore } from '../checkpoint/store.ts'
import { asBatches, type DataSource } from '../data/as-batches.ts'
import { check } from '../error.ts'
import type { Selector } from '../module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { Rng } from '../rng.ts'
import { Snapshot } from '../snapshot.ts'
import { checkEarlyStopping, type EarlyStoppingOptions, seeEpoch } from './early-stopping.ts'
import { addToMean, type EpochRecord, type History, type Metrics, meanOf } from './history.ts'
import type { Batch, Trainable } from './objective.ts'
import { type Progress, RateMeter } from './progress.ts'
import { resumeFrom, runCheckpoint } from './run-checkpoint.ts'
import { beginEpoch, newRunState } from './run-state.ts'
import { type LoadedBatch, loadEpoch } from './source.ts'
import { Trainer } from './trainer.ts'
import { runWarnings } from './warnings.ts'

/** Called in turn, and waited for. */
export interface FitCallbacks {
  /** After each update. `progress.metrics` are those of this update. */
  onStep?(progress: Progress): void | Promise<void>
  /** After each epoch and its validation. `progress.metrics` are the means over the training data. */
  onEpoch?(epoch: EpochRecord, progress: Progress): void | Promise<void>
  /** For each warning of an epoch: from the objective's `diagnose`, or from the look at losses and dead units. */
  onWarning?(warning: string, epoch: EpochRecord): void | Promise<void>
}

/** Options of {@link fit}. */
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

/** What {@link fit} returns. */
export interface Run {
  readonly history: History
  /** Updates made. */
  readonly steps: number
  /** What was worth a warning after an epoch, as `onWarning` heard it, with the epoch in front. */
  readonly warnings: readonly string[]
  readonly ended: 'finished' | 'stopped early' | 'aborted'
}

/** Milliseconds between saves at the ends of short epochs. */
const SAVE_INTERVAL = 1000

/** How long the event loop may be kept waiting, in milliseconds. */
const BREATH = 50

/**
 * Trains `objective` on `data`.
 *
 * @throws WinnowError for empty data, a loss that is not finite (it says where), and bad options
 */
export async function fit<B extends Batch>(
  objective: Trainable<B>,
  data: DataSource,
  options: FitOptions,
): Promise<Run> {
  checkOptions(options)
  const { batch = 128, accumulate = 1, seed = 0, callbacks = [], signal } = options
  const { optimizer, train = () => true, scalars = {}, checkpoint, earlyStopping } = options
  const limit = options.steps ?? Number.POSITIVE_INFINITY
  const passes = options.epochs ?? (options.steps === undefined ? 1 : Number.POSITIVE_INFINITY)
  prepareBackend()

  const batches = asBatches(data, { size: batch, shuffle: true })
  const trainer = new Trainer<B>(objective, { optimizer, seed, selector: train, scalars })
  const settings = { seed, batch: batches.size, accumulate }
  const { memories } = trainer
  const order = new Rng(seed).fold(0)
  const perEpoch =
    batches.length === undefined ? undefined : Math.floor(batches.length / accumulate)
  const total = perEpoch === undefined ? options.steps : Math.min(perEpoch * passes, limit)
  let state = newRunState()
  let best: Snapshot | undefined
  let ended: Run['ended'] = 'finished'
  let breath = performance.now()
  let saved = Number.NEGATIVE_INFINITY

  const store = checkpoint?.path === undefined ? checkpoint?.store : fileStore(checkpoint.path)
  const saveCheckpoint = async (): Promise<void> => {
    if (store === undefined) return
    await store.write(await runCheckpoint({ model: objective, memories, best, state, settings }))
    saved = performance.now()
  }

  try {
    const earlier = checkpoint?.resume ? await store?.read() : undefined
    if (earlier !== undefined) {
      const parts = { model: objective, memories, settings }
      ;({ state, best } = resumeFrom(earlier, parts, { name: store?.name }))
    }
    const meter = new RateMeter()
    const progress = (metrics: Metrics): Progress => {
      const { rate, elapsed } = meter
      const { step } = state
      const items = total === undefined ? 0 : (total - step) * batches.size * accumulate
      return {
        epoch: state.epoch + 1,
        epochs:
          perEpoch === undefined || total === undefined ? passes : Math.ceil(total / perEpoch),
        step,
        steps: total,
        metrics,
        rate,
        secondsElapsed: elapsed,
        secondsLeft: total === undefined || rate === 0 ? undefined : items / rate,
      }
    }

    while (state.epoch < passes && state.step < limit && ended === 'finished') {
      const epoch = state.epoch + 1
      const start = performance.now() - state.epochSeconds * 1000
      const loaded = loadEpoch<B>(batches, {
        rng: order,
        epoch: state.epoch,
        from: state.offset,
        check: epoch === 1 ? (host) => objective.checkData?.(host) : undefined,
      })
      for await (const group of groups(loaded, accumulate)) {
        const count = group.reduce((sum, item) => sum + item.count, 0)
        const inputs = group.map((item) => item.batch)
        let metrics: Metrics
        try {
          metrics = await trainer.update(inputs, { step: state.step, epoch })
        } finally {
          dispose(inputs as never)
        }
        state.step++
        state.offset += group.length
        state.epochSteps++
        state.epochSeconds = (performance.now() - start) / 1000
        addToMean(state.mean, metrics, count)
        state.steps.push({ step: state.step, epoch, metrics })
        meter.add(count)
        for (const { onStep } of callbacks) await onStep?.(progress(metrics))
        if (checkpoint?.everySteps !== undefined && state.step % checkpoint.everySteps === 0) {
          await saveCheckpoint()
        }
        if (performance.now() - breath > BREATH) {
          await new Promise((resolve) => setTimeout(resolve))
          breath = performance.now()
        }
        if (state.step >= limit || signal?.aborted) break
      }
      check(
        state.epochSteps > 0,
        () =>
          `fit: data: too few items for one update of ${batch} x ${accumulate}; use a smaller batch`,
      )
      if (signal?.aborted && state.step < limit && state.epochSteps !== perEpoch) {
        // In mid-epoch: a resumed run closes it.
        ended = 'aborted'
        await saveCheckpoint()
        break
      }

      const validation =
        options.validation &&
        (await trainer.validate(options.validation, { ...settings, step: state.step }))
      const record: EpochRecord = {
        epoch,
        steps: state.epochSteps,
        seconds: (performance.now() - start) / 1000,
        training: meanOf(state.mean),
        ...(validation === undefined ? {} : { validation }),
      }
      state.epochs.push(record)
      for (const { onEpoch } of callbacks) await onEpoch?.(record, progress(record.training))
      const named = [
        ...runWarnings(state.steps, record),
        ...(objective.diagnose?.(record) ?? []),
        // One eager pass more, so not after every epoch of a long run of short ones.
        ...(isPowerOfTwo(epoch)
          ? await deadUnits(loadEpoch<B>(batches, { rng: order, epoch }), trainer, state.step)
          : []),
      ]
      for (const warning of named) {
        state.warnings.push(`epoch ${epoch}: ${warning}`)
        for (const { onWarning } of callbacks) await onWarning?.(warning, record)
      }
      if (earlyStopping !== undefined) {
        const verdict = seeEpoch(state.stopping, record, earlyStopping)
        state.stopping = verdict.state
        if (verdict.improved) {
          best?.dispose()
          best = Snapshot.of(objective)
        }
        if (verdict.stop) ended = 'stopped early'
      }
      beginEpoch(state)
      if (signal?.aborted) ended = 'aborted'
      const last = ended !== 'finished' || state.epoch >= passes || state.step >= limit
      // Epochs of a few milliseconds would spend their time on the disk.
      if (last || performance.now() - saved > SAVE_INTERVAL) await saveCheckpoint()
    }
    if (ended !== 'aborted') best?.restore()
  } finally {
    best?.dispose()
    trainer.dispose()
  }
  const { steps, epochs: records, warnings, step } = state
  return { history: { steps, epochs: records }, steps: step, ended, warnings }
}

/** Dead units on the first batch of a pass. */
async function deadUnits<B extends Batch>(
  pass: AsyncIterable<LoadedBatch<B>>,
  trainer: Trainer<B>,
  step: number,
): Promise<readonly string[]> {
  for await (const { batch } of pass) {
    try {
      return await trainer.deadUnits(batch, step)
    } finally {
      dispose(batch as never)
    }
  }
  return []
}

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count))
}

function checkOptions(options: FitOptions): void {
  const { epochs = 1, batch = 128, accumulate = 1, steps = 1, checkpoint, earlyStopping } = options
  const everySteps = checkpoint?.everySteps ?? 1
  for (const [name, value] of Object.entries({ epochs, batch, accumulate, steps, everySteps })) {
    check(
      Number.isInteger(value) && value >= 1,
      () => `fit: ${name}: ${value} came, expected a whole number >= 1`,
    )
  }
  if (earlyStopping !== undefined) checkEarlyStopping(earlyStopping)
}

/** Collects `size` batches at a time; an incomplete last group is disposed. */
async function* groups<B extends Batch>(
  source: AsyncIterable<LoadedBatch<B>>,
  size: number,
): AsyncGenerator<readonly LoadedBatch<B>[]> {
  let group: LoadedBatch<B>[] = []
  for await (const loaded of source) {
    group.push(loaded)
    if (group.length === size) {
      yield group
      group = []
    }
  }
  dispose(group.map(({ batch }) => batch) as never)
}
