/**
 * The time a chapter of the tour has, and training that keeps to it: a throw-away model finds out how long an update takes
 * here, and as many updates are made as fit.
 */
import type { FitCallbacks, FitOptions, Module, Run } from '@winnow/core'
import { WinnowError } from '@winnow/core'
import { number, progressBar } from '../progress-bar.ts'
import type { TextStream } from '../terminal.ts'

/** What a chapter is given. */
export interface Stage {
  /** Seconds for everything: data, training, measures, pictures. */
  readonly seconds: number
  /** Updates, whatever time they take. */
  readonly steps?: number
  /** What data and measures are divided by: 1 in the tour, more in its tests. */
  readonly shrink: number
  /** Ends the training in progress; what was learnt is measured. */
  readonly signal: AbortSignal
  /** Where progress is shown. */
  readonly stream: TextStream
  /** Seconds from any origin. */
  readonly now: () => number
}

/** What `fit` is told besides what the page shows. */
export type Watch = Pick<FitOptions, 'callbacks' | 'signal'>

/** A trained model. */
export interface Learnt<Model> {
  readonly model: Model
  readonly run: Run
}

/** Trains a new model for so many updates: the lines that the page shows. */
export type Learn<Model> = (steps: number, watch: Watch) => Promise<Learnt<Model>>

/** What came of {@link trainWithin}. */
export interface Trained<Model> extends Learnt<Model> {
  /** Of the training alone. */
  readonly trainingSeconds: number
  /** Why fewer updates were made than planned. */
  readonly note: string | undefined
}

/** The part of a chapter's time that is kept for measures and pictures. */
const KEPT = 0.2
/** The part that training gets at least, however long the data took. */
const LEAST = 0.25
/** Training that takes so many times what was planned is ended. */
const PATIENCE = 1.3

const WARM_STEPS = 3
const TIMED_STEPS = 3
const TIMED_SECONDS = 1.5
/** Of the schedule that the throw-away model has. */
const PACED_STEPS = 1000

/** So many items of data, or fewer in a test; at least `least`. */
export function fewer({ shrink }: Pick<Stage, 'shrink'>, count: number, least = 1): number {
  return Math.max(Math.min(least, count), Math.ceil(count / shrink))
}

/** Thrown where Ctrl-C came before anything was learnt. */
export class Interrupted extends WinnowError {}

/**
 * Trains within the time that is left of a chapter which began at `begun`.
 *
 * @throws Interrupted when the signal came before the first update
 */
export async function trainWithin<Model extends Module>(
  stage: Stage,
  begun: number,
  learn: Learn<Model>,
  shown: { readonly metrics: readonly string[]; readonly items: string },
): Promise<Trained<Model>> {
  const { seconds, now, signal, stream } = stage
  const stop = (): void => {
    if (signal.aborted) throw new Interrupted('interrupted before anything was learnt')
  }
  stop()
  let steps = stage.steps
  let planned = Number.POSITIVE_INFINITY
  if (steps === undefined) {
    const each = await secondsPerStep(stage, learn)
    stop()
    planned = Math.max(LEAST * seconds, seconds * (1 - KEPT) - (now() - begun))
    steps = Math.max(1, Math.floor(planned / each))
    stream.write(
      `${number(steps)} updates of ${(each * 1000).toFixed(each < 0.01 ? 1 : 0)} ms fit in ${planned.toFixed(0)} s\n`,
    )
  }
  const bar = progressBar({ ...shown, stream })
  const late = new AbortController()
  const start = now()
  const clock: FitCallbacks = {
    onStep() {
      if (now() - start > PATIENCE * planned) late.abort()
    },
  }
  // Lines about epochs would be many: the bar alone is shown.
  const callbacks: FitCallbacks[] = [clock, { onStep: (progress) => bar.onStep?.(progress) }]
  const { model, run } = await learn(steps, {
    callbacks,
    signal: AbortSignal.any([signal, late.signal]),
  }).finally(() => bar.end())
  const short = `after ${number(run.steps)} of ${number(steps)} updates`
  const note =
    run.steps >= steps
      ? undefined
      : signal.aborted
        ? `Interrupted ${short}.`
        : `The machine became slower: training ended ${short}.`
  return { model, run, trainingSeconds: now() - start, note }
}

/** Seconds that one update takes, once warm. */
async function secondsPerStep<Model extends Module>(
  { signal, now, seconds }: Stage,
  learn: Learn<Model>,
): Promise<number> {
  const enough = new AbortController()
  const least = Math.min(TIMED_SECONDS, seconds / 20)
  let start = 0
  let taken = 0
  let timed = 0
  const timer: FitCallbacks = {
    onStep({ step }) {
      const time = now()
      if (step === WARM_STEPS) start = time
      if (step <= WARM_STEPS) return
      timed = step - WARM_STEPS
      taken = time - start
      if (timed >= TIMED_STEPS && taken >= least) enough.abort()
    },
  }
  const { model } = await learn(PACED_STEPS, {
    callbacks: [timer],
    signal: AbortSignal.any([signal, enough.signal]),
  })
  model.dispose()
  return timed > 0 && taken > 0 ? taken / timed : 1
}
