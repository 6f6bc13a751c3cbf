/**
 * Schedules: functions of the step (the number of updates made before), computed on the host in float64.
 *
 * Those made here describe themselves as plain JSON, from which {@link scheduleFrom} makes them again.
 */
import { check, unknownName } from '../error.ts'
import { checkWhole } from './options.ts'

/** What a schedule is made from; a number is a constant. */
export type ScheduleDescription =
  | number
  | {
      readonly kind: 'linear' | 'cosine'
      readonly from: number
      readonly to: number
      readonly steps: number
    }
  | { readonly kind: 'warmup'; readonly steps: number; readonly next: ScheduleDescription }
  | {
      readonly kind: 'join'
      readonly parts: readonly (readonly [start: number, then: ScheduleDescription])[]
    }

/** A number for each step. Any function of the step will do. */
export interface Schedule {
  (step: number): number
  /** Absent from functions of one's own. */
  readonly description?: ScheduleDescription
}

/** A schedule that can describe itself. */
export interface DescribedSchedule extends Schedule {
  readonly description: ScheduleDescription
}

/** Options of {@link linear} and {@link cosine}. */
export interface RampOptions {
  /** The value at step 0. */
  readonly from: number
  /** The value at step `steps` and after; 0 by default. */
  readonly to?: number
  /** How many steps the way takes, at least 1. */
  readonly steps: number
}

/** The same value at every step. */
export function constant(value: number): DescribedSchedule {
  return scheduleFrom(value)
}

/** A straight line from `from` to `to`. */
export function linear(options: RampOptions): DescribedSchedule {
  return scheduleFrom({ kind: 'linear', to: 0, ...options })
}

/** Half a cosine wave from `from` to `to` (Loshchilov and Hutter, 2017). */
export function cosine(options: RampOptions): DescribedSchedule {
  return scheduleFrom({ kind: 'cosine', to: 0, ...options })
}

/** Rises in a line over `steps` steps, from `1 / (steps + 1)` of its height, to where `then` begins. */
export function warmup(steps: number, then: number | Schedule): Schedule {
  checkWhole('warmup: steps', steps, 0)
  const next = toSchedule('warmup: then', then)
  const run = (step: number): number =>
    step < steps ? (next(0) * (step + 1)) / (steps + 1) : next(step - steps)
  return describe(run, next.description && { kind: 'warmup', steps, next: next.description })
}

/** Options of {@link warmupCosine}. */
export interface WarmupCosineOptions {
  /** The height that the warm-up reaches. */
  readonly peak: number
  /** How many steps the warm-up takes. */
  readonly warmup: number
  /** How many steps there are in all. */
  readonly steps: number
  /** The value at the end; 0 by default. */
  readonly end?: number
}

/** A warm-up in a line, then half a cosine wave down. */
export function warmupCosine(options: WarmupCosineOptions): Schedule {
  const { peak, warmup: rise, steps, end = 0 } = options
  checkWhole('warmupCosine: warmup', rise, 0)
  checkWhole('warmupCosine: steps', steps, rise + 1)
  return warmup(rise, cosine({ from: peak, to: end, steps: steps - rise }))
}

/** A value from each step on: `piecewise([[0, 1e-3], [1000, 1e-4]])`. */
export function piecewise(values: readonly (readonly [start: number, value: number])[]): Schedule {
  return join(values)
}

/** A schedule from each step on, which counts its steps from there: `join([[0, linear(...)], [1000, cosine(...)]])`. */
export function join(
  parts: readonly (readonly [start: number, then: number | Schedule])[],
): Schedule {
  const pieces = parts.map(([start, then]) => [start, toSchedule('join', then)] as const)
  check(
    pieces[0]?.[0] === 0,
    () => `join: the first part starts at ${pieces[0]?.[0]}, expected step 0`,
  )
  for (const [index, [start]] of pieces.entries()) {
    checkWhole('join: start', start, index === 0 ? 0 : (pieces[index - 1]?.[0] as number) + 1)
  }
  const run = (step: number): number => {
    const [start, then] =
      pieces.findLast(([from]) => from <= step) ?? (pieces[0] as (typeof pieces)[0])
    return then(step - start)
  }
  const described: (readonly [number, ScheduleDescription])[] = []
  for (const [start, { description }] of pieces) {
    if (description !== undefined) described.push([start, description])
  }
  return describe(
    run,
    described.length === pieces.length ? { kind: 'join', parts: described } : undefined,
  )
}

/** Makes a schedule from its description. */
export function scheduleFrom(description: ScheduleDescription): DescribedSchedule {
  return describe(functionOf(description), description)
}

/** A number as a schedule; a function as it is. */
export function toSchedule(name: string, value: number | Schedule): Schedule {
  if (typeof value === 'function') return value
  check(
    typeof value === 'number' && Number.isFinite(value) && value >= 0,
    () => `${name}: ${value} came, expected a finite number >= 0 or a function of the step`,
  )
  return constant(value)
}

function functionOf(description: ScheduleDescription): (step: number) => number {
  if (typeof description === 'number') {
    check(
      Number.isFinite(description),
      () => `schedule: ${description} came, expected a finite number`,
    )
    return () => description
  }
  switch (description.kind) {
    case 'linear':
      return ramp(description, (share) => share)
    case 'cosine':
      return ramp(description, (share) => (1 - Math.cos(Math.PI * share)) / 2)
    case 'warmup':
      return warmup(description.steps, scheduleFrom(description.next))
    case 'join':
      return join(description.parts.map(([start, then]) => [start, scheduleFrom(then)]))
    default:
      throw unknownName('schedule: kind', String((description as { kind?: unknown }).kind), [
        'linear',
        'cosine',
        'warmup',
        'join',
      ])
  }
}

function ramp(
  options: {
    readonly kind: string
    readonly from: number
    readonly to: number
    readonly steps: number
  },
  shape: (share: number) => number,
): (step: number) => number {
  const { kind, from, to, steps } = options
  checkWhole(`${kind}: steps`, steps, 1)
  for (const value of [from, to]) {
    check(
      Number.isFinite(value),
      () => `${kind}: ${value} came, expected finite numbers from and to`,
    )
  }
  return (step) => {
    const share = shape(Math.min(Math.max(step / steps, 0), 1))
    return from * (1 - share) + to * share
  }
}

function describe(
  run: (step: number) => number,
  description: ScheduleDescription,
): DescribedSchedule
function describe(
  run: (step: number) => number,
  description: ScheduleDescription | undefined,
): Schedule
function describe(
  run: (step: number) => number,
  description: ScheduleDescription | undefined,
): Schedule {
  const schedule = (step: number): number => run(step)
  return description === undefined ? schedule : Object.assign(schedule, { description })
}
