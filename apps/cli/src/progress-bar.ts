/**
 * A live progress bar: epoch, step, loss terms, items per second and time left. On a terminal one line that is drawn
 * again; elsewhere a plain line now and then.
 */
import type { EpochRecord, FitCallbacks, Metrics, Progress } from '@winnow/core'

const BAR_WIDTH = 24
const REDRAW_MILLISECONDS = 100
const LINE_MILLISECONDS = 10_000

/** Where the bar is drawn: standard error, or a stand-in in tests. */
export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface ProgressBarOptions {
  /** Metrics to show, in order. */
  readonly metrics: readonly string[]
  /** What is counted, in the plural: `images`. */
  readonly items: string
  readonly stream?: ProgressStream
  /** Milliseconds from any origin. */
  readonly now?: () => number
}

/** Callbacks for `fit` that draw the bar. */
export function progressBar(options: ProgressBarOptions): FitCallbacks {
  const { metrics, items, stream = process.stderr, now = () => performance.now() } = options
  const live = stream.isTTY === true
  let drawn = Number.NEGATIVE_INFINITY
  const clear = live ? '\r\u001b[2K' : ''
  return {
    onStep(progress) {
      const last = progress.step === progress.steps
      if (!last && now() - drawn < (live ? REDRAW_MILLISECONDS : LINE_MILLISECONDS)) return
      drawn = now()
      const line = progressLine(progress, metrics, items)
      stream.write(live ? clear + line.slice(0, (stream.columns ?? 120) - 1) : `${line}\n`)
    },
    onEpoch(epoch) {
      stream.write(`${clear}${epochLine(epoch, metrics)}\n`)
    },
    onWarning(warning, { epoch }) {
      stream.write(`${clear}warning, epoch ${epoch}: ${warning}\n`)
    },
  }
}

/** The bar as text. */
export function progressLine(
  progress: Progress,
  metrics: readonly string[],
  items: string,
): string {
  const { step, steps, epoch, epochs, rate, secondsLeft } = progress
  const share = steps === undefined ? undefined : step / steps
  return [
    share === undefined ? '' : bar(share),
    `epoch ${epoch}/${epochs}`,
    `step ${step}${steps === undefined ? '' : `/${steps}`}`,
    values(progress.metrics, metrics),
    `${Math.round(rate).toLocaleString('en')} ${items}/s`,
    secondsLeft === undefined ? '' : `${duration(secondsLeft)} left`,
  ]
    .filter((part) => part !== '')
    .join('  ')
}

/** The line that stays when an epoch is over. */
export function epochLine(epoch: EpochRecord, metrics: readonly string[]): string {
  const { validation } = epoch
  const tail = validation === undefined ? '' : `  |  validation ${values(validation, metrics)}`
  return `epoch ${epoch.epoch}  ${values(epoch.training, metrics)}${tail}  (${duration(epoch.seconds)})`
}

/** Seconds as `m:ss`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

function values(metrics: Metrics, names: readonly string[]): string {
  return names
    .filter((name) => metrics[name] !== undefined)
    .map((name) => `${name} ${(metrics[name] as number).toFixed(2)}`)
    .join('  ')
}

function bar(share: number): string {
  const filled = Math.round(Math.min(share, 1) * BAR_WIDTH)
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${String(Math.round(share * 100)).padStart(3)}%`
}
