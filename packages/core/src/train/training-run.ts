/**
 * A training run: begun, or gone on with from its checkpoint; its epochs, steps and saves; and what is done when the device
 * beneath it is lost.
 */
import { dispose } from '@tensorflow/tfjs-core'
import type { DeviceError } from '../backend/device-error.ts'
import { asBatches, type DataSource } from '../data/as-batches.ts'
import type { Batches } from '../data/batches.ts'
import { check } from '../error.ts'
import { Rng } from '../rng.ts'
import { Snapshot } from '../snapshot.ts'
import { diagnose } from './diagnose.ts'
import { hasStopped, seeEpoch } from './early-stopping.ts'
import type { FitOptions } from './fit-options.ts'
import { addToMean, type EpochRecord, type History, type Metrics, meanOf } from './history.ts'
import { Replacements } from './lost-device.ts'
import type { Batch, Trainable } from './objective.ts'
import { type Progress, progressOf, RateMeter } from './progress.ts'
import { fillModel, resumeFrom } from './run-checkpoint.ts'
import { beginEpoch, newRunState } from './run-state.ts'
import { RunStore } from './run-store.ts'
import { groups, type LoadedBatch, loadEpoch } from './source.ts'
import { Trainer } from './trainer.ts'

/** What `fit` returns. */
export interface Run {
  readonly history: History
  /** Updates made. */
  readonly steps: number
  /** What was worth a warning, as `onWarning` heard it, with the epoch in front. */
  readonly warnings: readonly string[]
  readonly ended: 'finished' | 'stopped early' | 'aborted'
}

/** How long the event loop may be kept waiting, in milliseconds. */
const BREATH = 50

export class TrainingRun<B extends Batch> implements Disposable {
  readonly #objective: Trainable<B>
  readonly #options: FitOptions
  readonly #batches: Batches
  readonly #order: Rng
  readonly #settings: { readonly seed: number; readonly batch: number; readonly accumulate: number }
  readonly #store: RunStore
  readonly #meter = new RateMeter()
  /** Most passes and updates. */
  readonly #passes: number
  readonly #limit: number
  #trainer: Trainer<B> | undefined
  #state = newRunState()
  #best: Snapshot | undefined
  #ended: Run['ended'] = 'finished'
  #updating = false
  #breath = performance.now()
  readonly #replacements = new Replacements()
  /** Warnings of devices that were lost. */
  readonly #losses: string[] = []
  /** What {@link begin} warns of once the run goes on. */
  #replaced: ((step: number) => string) | undefined

  constructor(objective: Trainable<B>, data: DataSource, options: FitOptions) {
    const { batch = 128, accumulate = 1, seed = 0, checkpoint, steps, epochs } = options
    this.#objective = objective
    this.#options = options
    this.#batches = asBatches(data, { size: batch, shuffle: true })
    this.#order = new Rng(seed).fold(0)
    this.#settings = { seed, batch: this.#batches.size, accumulate }
    this.#store = new RunStore(checkpoint)
    this.#limit = steps ?? Number.POSITIVE_INFINITY
    this.#passes = epochs ?? (steps === undefined ? 1 : Number.POSITIVE_INFINITY)
  }

  /** Where the run is, for errors. */
  get place(): string {
    const { step, epoch } = this.#state
    return this.#updating ? `at step ${step + 1} (epoch ${epoch + 1})` : `after step ${step}`
  }

  /** Begins, or goes on from the checkpoint: the one to resume from, or the last one where the device was lost since. */
  async begin(): Promise<void> {
    const { optimizer, train = () => true, scalars = {} } = this.#options
    const { seed } = this.#settings
    const { name, kept } = this.#store
    const bytes = await this.#store.read()
    // Nothing of the model was left, and an optimiser may begin with its parameters.
    if (kept && bytes !== undefined) fillModel(bytes, this.#objective, { name })
    this.#trainer?.dispose()
    this.#trainer = new Trainer<B>(this.#objective, { optimizer, seed, selector: train, scalars })
    if (bytes !== undefined) {
      const { memories } = this.#trainer
      const parts = { model: this.#objective, memories, settings: this.#settings }
      this.#best?.dispose()
      this.#best = undefined
      ;({ state: this.#state, best: this.#best } = resumeFrom(bytes, parts, { name }))
    }
    this.#ended = 'finished'
    if (hasStopped(this.#state.stopping, this.#options.earlyStopping)) this.#ended = 'stopped early'
    // What was warned of since the checkpoint was written.
    const { warnings } = this.#state
    warnings.push(...this.#losses.filter((warning) => !warnings.includes(warning)))
    const replaced = this.#replaced?.(this.#state.step)
    this.#replaced = undefined
    if (replaced === undefined) return
    await this.#warn(replaced, this.#record())
    this.#losses.push(this.#state.warnings.at(-1) as string)
  }

  /** Trains until the run has ended. */
  async train(): Promise<Run> {
    while (!this.#over) await this.#epoch()
    if (this.#ended !== 'aborted') this.#best?.restore()
    const { steps, epochs, warnings, step } = this.#state
    return { history: { steps, epochs }, steps: step, ended: this.#ended, warnings }
  }

  /**
   * Chooses what computes after a device was lost; the run can {@link begin} again then.
   *
   * @throws DeviceError, the one given, where the run cannot or shall not go on
   */
  async replaceDevice(error: DeviceError): Promise<void> {
    const { onDeviceLost = 'continue', checkpoint } = this.#options
    if (!error.failure.lost || onDeviceLost === 'throw' || checkpoint === undefined) throw error
    const { kept, advanced } = this.#store
    this.#replaced = await this.#replacements.replace(error, { place: this.place, kept, advanced })
    this.#updating = false
  }

  get #over(): boolean {
    const { epoch, step } = this.#state
    return this.#ended !== 'finished' || epoch >= this.#passes || step >= this.#limit
  }

  /** Updates in an epoch, where the data say how many items they have. */
  get #perEpoch(): number | undefined {
    const { length } = this.#batches
    return length === undefined ? undefined : Math.floor(length / this.#settings.accumulate)
  }

  async #epoch(): Promise<void> {
    const { callbacks = [], signal, earlyStopping } = this.#options
    const state = this.#state
    const trainer = this.#trainer as Trainer<B>
    await this.#steps(trainer)
    check(
      state.epochSteps > 0,
      () =>
        `fit: data: too few items for one update of ${this.#settings.batch} x ${this.#settings.accumulate}; use a smaller batch`,
    )
    if (signal?.aborted && state.step < this.#limit && state.epochSteps !== this.#perEpoch) {
      // In mid-epoch: a resumed run closes it.
      this.#ended = 'aborted'
      await this.#save()
      return
    }
    const record = await this.#validated(trainer)
    state.epochs.push(record)
    for (const { onEpoch } of callbacks) await onEpoch?.(record, this.#progress(record.training))
    const warnings = await diagnose<B>({
      objective: this.#objective,
      trainer,
      steps: state.steps,
      epoch: record,
      pass: () => loadEpoch<B>(this.#batches, { rng: this.#order, epoch: record.epoch }),
    })
    for (const warning of warnings) await this.#warn(warning, record)
    if (earlyStopping !== undefined) {
      const verdict = seeEpoch(state.stopping, record, earlyStopping)
      state.stopping = verdict.state
      if (verdict.improved) {
        this.#best?.dispose()
        this.#best = Snapshot.of(this.#objective)
      }
      if (verdict.stop) this.#ended = 'stopped early'
    }
    beginEpoch(state)
    if (signal?.aborted) this.#ended = 'aborted'
    // Epochs of a few milliseconds would spend their time on the disk.
    if (this.#over || this.#store.due) await this.#save()
  }

  /** The steps that are left of an epoch, or until the limit or the signal. */
  async #steps(trainer: Trainer<B>): Promise<void> {
    const { callbacks = [], signal, checkpoint } = this.#options
    const state = this.#state
    const start = performance.now() - state.epochSeconds * 1000
    const pass = loadEpoch<B>(this.#batches, {
      rng: this.#order,
      epoch: state.epoch,
      from: state.offset,
      check: state.epoch === 0 ? (host) => this.#objective.checkData?.(host) : undefined,
    })
    for await (const group of groups(pass, this.#settings.accumulate)) {
      const { metrics, count } = await this.#update(trainer, group)
      state.step++
      state.offset += group.length
      state.epochSteps++
      state.epochSeconds = (performance.now() - start) / 1000
      addToMean(state.mean, metrics, count)
      state.steps.push({ step: state.step, epoch: state.epoch + 1, metrics })
      this.#meter.add(count)
      for (const { onStep } of callbacks) await onStep?.(this.#progress(metrics))
      const every = checkpoint?.everySteps
      if (every !== undefined && state.step % every === 0) await this.#save()
      if (performance.now() - this.#breath > BREATH) {
        await new Promise((resolve) => setTimeout(resolve))
        this.#breath = performance.now()
      }
      if (state.step >= this.#limit || signal?.aborted) break
    }
    state.epochSeconds = (performance.now() - start) / 1000
  }

  /** The epoch that has ended, with its validation. */
  async #validated(trainer: Trainer<B>): Promise<EpochRecord> {
    const { validation: data } = this.#options
    if (data === undefined) return this.#record()
    const start = performance.now()
    const { step } = this.#state
    const validation = await trainer.validate(data, { ...this.#settings, step })
    this.#state.epochSeconds += (performance.now() - start) / 1000
    return { ...this.#record(), validation }
  }

  async #update(
    trainer: Trainer<B>,
    group: readonly LoadedBatch<B>[],
  ): Promise<{ readonly metrics: Metrics; readonly count: number }> {
    const { step, epoch } = this.#state
    const inputs = group.map(({ batch }) => batch)
    this.#updating = true
    try {
      const metrics = await trainer.update(inputs, { step, epoch: epoch + 1 })
      this.#updating = false
      return { metrics, count: group.reduce((sum, item) => sum + item.count, 0) }
    } finally {
      dispose(inputs as never)
    }
  }

  async #save(): Promise<void> {
    const { memories } = this.#trainer as Trainer<B>
    const parts = { model: this.#objective, memories, best: this.#best, state: this.#state }
    await this.#store.write({ ...parts, settings: this.#settings })
  }

  async #warn(warning: string, epoch: EpochRecord): Promise<void> {
    this.#state.warnings.push(`epoch ${epoch.epoch}: ${warning}`)
    for (const { onWarning } of this.#options.callbacks ?? []) await onWarning?.(warning, epoch)
  }

  /** The epoch under way as far as it is. */
  #record(): EpochRecord {
    const { epoch, epochSteps, epochSeconds, mean } = this.#state
    return { epoch: epoch + 1, steps: epochSteps, seconds: epochSeconds, training: meanOf(mean) }
  }

  #progress(metrics: Metrics): Progress {
    const { batch, accumulate } = this.#settings
    return progressOf(this.#meter, {
      state: this.#state,
      metrics,
      items: batch * accumulate,
      perEpoch: this.#perEpoch,
      epochs: this.#passes,
      steps: this.#limit,
    })
  }

  dispose(): void {
    this.#best?.dispose()
    this.#trainer?.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}
