/**
 * How far a run has come: rate and time left from the steps done, smoothed over the last few seconds.
 */
import type { Metrics } from './history.ts'

/** How far a run is, as callbacks are told. Times are in seconds. */
export interface Progress {
  /** From 1. */
  readonly epoch: number
  readonly epochs: number
  /** Updates made in the run. */
  readonly step: number
  /** Updates in the whole run; undefined where the data do not say how many items they have. */
  readonly steps: number | undefined
  readonly metrics: Metrics
  /** Items per second. */
  readonly rate: number
  readonly secondsElapsed: number
  readonly secondsLeft: number | undefined
}

const WINDOW_SECONDS = 5

/** Measures a run's rate over a sliding window. */
export class RateMeter {
  readonly #start: number
  readonly #now: () => number
  #marks: { readonly time: number; readonly items: number }[]
  #items = 0

  /** @param now seconds from any origin */
  constructor(now: () => number = () => performance.now() / 1000) {
    this.#now = now
    this.#start = now()
    this.#marks = [{ time: this.#start, items: 0 }]
  }

  add(items: number): void {
    this.#items += items
    const time = this.#now()
    this.#marks.push({ time, items: this.#items })
    while (this.#marks.length > 2 && time - (this.#marks[1]?.time ?? time) > WINDOW_SECONDS) {
      this.#marks.shift()
    }
  }

  get elapsed(): number {
    return this.#now() - this.#start
  }

  /** Items per second over the window; 0 before anything was done. */
  get rate(): number {
    const [first] = this.#marks
    const last = this.#marks.at(-1)
    if (first === undefined || last === undefined || last.time <= first.time) return 0
    return (last.items - first.items) / (last.time - first.time)
  }
}

/** What a run is to do, and how far it is. */
export interface Plan {
  /** Updates made, and epochs finished. */
  readonly state: { readonly step: number; readonly epoch: number }
  readonly metrics: Metrics
  /** Items in an update. */
  readonly items: number
  /** Updates in an epoch, where known. */
  readonly perEpoch: number | undefined
  /** Most epochs and updates; may be infinite. */
  readonly epochs: number
  readonly steps: number
}

/** How far a run is, as its callbacks are told. */
export function progressOf({ rate, elapsed }: RateMeter, plan: Plan): Progress {
  const { state, metrics, items, perEpoch, epochs } = plan
  const total = Math.min(perEpoch === undefined ? Infinity : perEpoch * epochs, plan.steps)
  const steps = Number.isFinite(total) ? total : undefined
  const left = ((steps ?? state.step) - state.step) * items
  const known = perEpoch !== undefined && steps !== undefined
  return {
    epoch: state.epoch + 1,
    epochs: known ? Math.ceil(steps / perEpoch) : epochs,
    step: state.step,
    steps,
    metrics,
    rate,
    secondsElapsed: elapsed,
    secondsLeft: steps === undefined || rate === 0 ? undefined : left / rate,
  }
}
