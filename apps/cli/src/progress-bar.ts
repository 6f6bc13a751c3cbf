/**
 * A live progress bar: epoch, step, items per second, time left and loss terms. On a terminal it is drawn again in place,
 * in two lines where one is too narrow; elsewhere a plain line comes now and then.
 */
import type { EpochRecord, FitCallbacks, Metrics, Progress } from '@winnow/core'
import type { TextStream } from './terminal.ts'

const MOST_BAR = 24
const LEAST_BAR = 4
const REDRAW_MILLISECONDS = 100
const LINE_MILLISECONDS = 10_000

export interface ProgressBarOptions {
  /** Metrics to show, in order; the first one stands for the validation data too. */
  readonly metrics: readonly string[]
  /** What is counted, in the plural: `images`. */
  readonly items: string
  readonly stream: TextStream
  /** Milliseconds from any origin. */
  readonly now?: () => number
}

/** What `fit` calls, and an end for when it throws. */
export interface ProgressBar extends FitCallbacks {
  /** Leaves the bar as it stands, so that what is written next begins a line. */
  end(): void
}

/** A bar on `stream`. */
export function progressBar(options: ProgressBarOptions): ProgressBar {
  const { metrics, items, stream, now = () => performance.now() } = options
  const live = stream.isTTY === true
  let drawnAt = Number.NEGATIVE_INFINITY
  let drawnLines = 0
  const clear = (): void => {
    if (drawnLines > 0) stream.write(`${up(drawnLines - 1)}\r\u001b[0J`)
    drawnLines = 0
  }
  const say = (line: string): void => {
    clear()
    stream.write(`${line}\n`)
  }
  return {
    onStep(progress) {
      const last = progress.step === progress.steps
      const pause = live ? REDRAW_MILLISECONDS : LINE_MILLISECONDS
      if (!last && now() - drawnAt < pause) return
      drawnAt = now()
      if (!live) return say(progressLines(progress, { metrics, items }).join('  '))
      const columns = stream.columns ?? 80
      const lines = progressLines(progress, { metrics, items, columns })
      clear()
      stream.write(lines.join('\n'))
      drawnLines = lines.length
    },
    onEpoch(epoch, { epochs }) {
      say(epochLine(epoch, epochs, metrics))
    },
    onWarning(warning, { epoch }) {
      say(`warning, epoch ${epoch}: ${warning}`)
    },
    end() {
      if (drawnLines > 0) stream.write('\n')
      drawnLines = 0
    },
  }
}

/**
 * The bar as text: one line where it fits in `columns`, else two, the bar shrinking before anything is cut off. A terminal
 * wraps a line that fills its last column, so that one stays free.
 */
export function progressLines(
  progress: Progress,
  options: {
    readonly metrics: readonly string[]
    readonly items: string
    readonly columns?: number
  },
): readonly string[] {
  const { metrics, items, columns = Number.POSITIVE_INFINITY } = options
  const { step, steps, epoch, epochs, rate, secondsLeft } = progress
  const share = steps === undefined ? undefined : Math.min(step / steps, 1)
  const percent = share === undefined ? '' : `${String(Math.floor(share * 100)).padStart(3)}%`
  const place = [
    percent,
    `epoch ${epoch}/${epochs}`,
    `step ${number(step)}${steps === undefined ? '' : `/${number(steps)}`}`,
  ]
  const speed = [
    `${number(Math.round(rate))} ${items}/s`,
    secondsLeft === undefined ? '' : `${duration(secondsLeft)} left`,
  ]
  const terms = values(progress.metrics, metrics)
  const room = columns - 1
  const withBar = (parts: readonly string[], least: number): string | undefined => {
    const text = spaced(parts)
    const width = Math.min(MOST_BAR, room - text.length - 1)
    if (share === undefined || width < least) return text.length > room ? undefined : text
    return `${bar(share, width)} ${text}`
  }
  const one = withBar([...place, terms, ...speed], LEAST_BAR)
  if (one !== undefined) return [one]
  const first = withBar([...place, ...speed], LEAST_BAR) ?? spaced([percent, ...speed])
  return [first, terms].map((line) => line.slice(0, Math.max(room, 1)))
}

/** The line that stays when an epoch is over: means over the epoch, and the validation data's first metric. */
export function epochLine(epoch: EpochRecord, epochs: number, metrics: readonly string[]): string {
  const [first = 'loss'] = metrics
  const validation = epoch.validation?.[first]
  return spaced([
    `epoch ${epoch.epoch}/${epochs}`,
    duration(epoch.seconds),
    values(epoch.training, metrics),
    validation === undefined ? '' : `validation ${validation.toFixed(2)}`,
  ])
}

/** Seconds as `m:ss`, or `h:mm:ss` from an hour on. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  const two = (value: number): string => String(value).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  const tail = `:${two(whole % 60)}`
  if (minutes < 60) return `${minutes}${tail}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}${tail}`
}

/** A whole number with commas between thousands. */
export function number(value: number): string {
  return value.toLocaleString('en')
}

function values(metrics: Metrics, names: readonly string[]): string {
  return spaced(
    names
      .filter((name) => metrics[name] !== undefined)
      .map((name) => `${name} ${(metrics[name] as number).toFixed(2)}`),
  )
}

function spaced(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('  ')
}

function bar(share: number, width: number): string {
  const filled = Math.floor(share * width)
  return '█'.repeat(filled) + '░'.repeat(width - filled)
}

function up(lines: number): string {
  return lines > 0 ? `\u001b[${lines}A` : ''
}
