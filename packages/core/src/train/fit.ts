/**
 * `fit` trains a module that is its own objective: batches in, compiled steps, validation, callbacks, history out.
 */
import { dispose } from '@tensorflow/tfjs-core'
import { prepareBackend } from '../backend/prepare.ts'
import { asBatches, type DataSource } from '../data/as-batches.ts'
import type { HostBatch } from '../data/host-array.ts'
import { check } from '../error.ts'
import type { Selector } from '../module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { Rng } from '../rng.ts'
import { Snapshot } from '../snapshot.ts'
import { EarlyStopping, type EarlyStoppingOptions } from './early-stopping.ts'
import {
  type EpochRecord,
  type History,
  MetricMean,
  type Metrics,
  type StepRecord,
} from './history.ts'
import type { Batch, Trainable } from './objective.ts'
import { type Progress, RateMeter } from './progress.ts'
import { type LoadedBatch, loadEpoch } from './source.ts'
import { Trainer } from './trainer.ts'

/** Called in turn, and waited for. */
export interface FitCallbacks {
  onStep?(progress: Progress): void | Promise<void>
  onEpoch?(epoch: EpochRecord, progress: Progress): void | Promise<void>
  onWarning?(warning: string, epoch: EpochRecord): void | Promise<void>
}

export interface FitOptions {
  /** Passes over the data; 1 by default. */
  readonly epochs?: number
  /** Ends the run after so many updates, whatever the epochs. */
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
  /** Ends the run after the step in progress; what was learnt stays. */
  readonly signal?: AbortSignal
}

export interface Run {
  readonly history: History
  /** Updates made. */
  readonly steps: number
  /** What the objective's `diagnose` had to say, with the epoch in front. */
  readonly warnings: readonly string[]
  readonly ended: 'finished' | 'stopped early' | 'aborted'
}

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
  const { epochs = 1, batch = 128, accumulate = 1, seed = 0, callbacks = [], signal } = options
  const limit = options.steps ?? Number.POSITIVE_INFINITY
  for (const [name, value] of Object.entries({
    epochs,
    batch,
    accumulate,
    steps: options.steps ?? 1,
  })) {
    check(
      Number.isInteger(value) && value >= 1,
      () => `fit: ${name}: ${value} came, expected a whole number >= 1`,
    )
  }
  prepareBackend()

  const { optimizer, train = () => true, scalars = {} } = options
  const trainer = new Trainer<B>(objective, { optimizer, seed, selector: train, scalars })
  const stopping = options.earlyStopping && new EarlyStopping(options.earlyStopping)
  const stepRecords: StepRecord[] = []
  const epochRecords: EpochRecord[] = []
  const meter = new RateMeter()
  const batches = asBatches(data, { size: batch, shuffle: true })
  const stepsPerEpoch =
    batches.length === undefined ? undefined : Math.floor(batches.length / accumulate)
  const totalSteps =
    stepsPerEpoch === undefined ? options.steps : Math.min(stepsPerEpoch * epochs, limit)
  let best: Snapshot | undefined
  let ended: Run['ended'] = 'finished'
  let breath = performance.now()
  const order = new Rng(seed).fold(0)
  const checkData = (host: HostBatch): void => objective.checkData?.(host)
  const warnings: string[] = []

  const progress = (epoch: number, metrics: Metrics): Progress => {
    const step = trainer.step
    const { rate, elapsed } = meter
    const left =
      totalSteps === undefined || rate === 0
        ? undefined
        : ((totalSteps - step) * batches.size * accumulate) / rate
    return {
      epoch,
      epochs,
      step,
      steps: totalSteps,
      metrics,
      rate,
      secondsElapsed: elapsed,
      secondsLeft: left,
    }
  }

  try {
    for (let epoch = 1; epoch <= epochs && trainer.step < limit; epoch++) {
      const mean = new MetricMean()
      const before = trainer.step
      const start = performance.now()
      const loaded = loadEpoch<B>(batches, {
        rng: order,
        epoch: epoch - 1,
        check: epoch === 1 ? checkData : undefined,
      })
      for await (const group of groups(loaded, accumulate)) {
        const count = group.reduce((sum, item) => sum + item.count, 0)
        let metrics: Metrics
        try {
          metrics = await trainer.update(
            group.map((item) => item.batch),
            epoch,
          )
        } finally {
          dispose(group.map((item) => item.batch) as never)
        }
        mean.add(metrics, count)
        meter.add(count)
        stepRecords.push({ step: trainer.step, epoch, metrics })
        for (const { onStep } of callbacks) await onStep?.(progress(epoch, metrics))
        if (performance.now() - breath > BREATH) {
          await new Promise((resolve) => setTimeout(resolve))
          breath = performance.now()
        }
        if (trainer.step >= limit || signal?.aborted) break
      }
      check(
        trainer.step > before,
        () =>
          `fit: data: too few items for one update of ${batch} x ${accumulate}; use a smaller batch`,
      )
      const validation =
        options.validation && (await trainer.validate(options.validation, batch, seed))
      const record: EpochRecord = {
        epoch,
        steps: trainer.step - before,
        seconds: (performance.now() - start) / 1000,
        training: mean.result(),
        ...(validation === undefined ? {} : { validation }),
      }
      epochRecords.push(record)
      for (const { onEpoch } of callbacks) await onEpoch?.(record, progress(epoch, record.training))
      for (const warning of objective.diagnose?.(record) ?? []) {
        warnings.push(`epoch ${epoch}: ${warning}`)
        for (const { onWarning } of callbacks) await onWarning?.(warning, record)
      }
      if (signal?.aborted) {
        ended = 'aborted'
        break
      }
      const verdict = stopping?.see(record)
      if (verdict?.improved) {
        best?.dispose()
        best = Snapshot.of(objective)
      }
      if (verdict?.stop) {
        ended = 'stopped early'
        break
      }
    }
    best?.restore()
  } finally {
    best?.dispose()
    trainer.dispose()
  }
  return {
    history: { steps: stepRecords, epochs: epochRecords },
    steps: trainer.step,
    ended,
    warnings,
  }
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
