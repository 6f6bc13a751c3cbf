/**
 * Warnings that any run can give, from its metrics alone: gradients that explode, a loss that never moves.
 */
import type { EpochRecord, StepRecord } from './history.ts'

/** A gradient norm this many times the median of those before it is an explosion. */
const EXPLOSION = 100
/** Most and fewest steps that the median is taken of. */
const WINDOW = 50
const FEWEST = 10
/** A loss that has changed by less than this share of itself since the start has not moved. */
const STILL = 1e-3
/** Nor has one that has changed by less than so many standard errors: batches differ. */
const ERRORS = 3
/** Where those are more than this share of the loss, nothing can be said of single steps. */
const NOISE = 0.05
/** Fewest steps at either end that are compared; a run must have four times as many. */
const ENDS = 10

/** Warnings after an epoch. `steps` are those of the run so far. */
export function runWarnings(steps: readonly StepRecord[], epoch: EpochRecord): readonly string[] {
  return [...explosions(steps, epoch), ...stalled(steps)]
}

function explosions(steps: readonly StepRecord[], epoch: EpochRecord): string[] {
  const first = steps.length - epoch.steps
  for (const metric of metricsNamed(steps.at(-1), 'gradientNorm')) {
    const norms = steps.map(({ metrics }) => metrics[metric] ?? Number.NaN)
    for (let i = Math.max(first, FEWEST); i < norms.length; i++) {
      const usual = median(norms.slice(Math.max(0, i - WINDOW), i))
      const norm = norms[i] as number
      if (norm > EXPLOSION * usual) {
        return [
          `exploding gradients: ${metric} is ${norm.toPrecision(3)} at step ${steps[i]?.step}, ` +
            `${Math.round(norm / usual)} times its median; clip it (clipNorm) or lower the learning rate`,
        ]
      }
    }
  }
  return []
}

function stalled(steps: readonly StepRecord[]): string[] {
  return metricsNamed(steps.at(-1), 'loss').flatMap((metric) => {
    const seen = steps.filter(({ metrics }) => metrics[metric] !== undefined)
    const values = seen.map(({ metrics }) => metrics[metric] as number)
    if (values.length < 4 * ENDS || fell(values)) return []
    if (!isStill(values) && !repeats(seen, values)) return []
    const [early, late] = [mean(values.slice(0, ENDS)), mean(values.slice(-ENDS))]
    return [
      `the loss does not move: ${metric} is ${late.toPrecision(5)} after ${steps.length} steps and was ` +
        `${early.toPrecision(5)} at the start; is the learning rate too small, or does nothing that trains reach it?`,
    ]
  })
}

/** Whether the last quarter differs from the very first steps by more than chance makes of it. */
function fell(values: readonly number[]): boolean {
  const { change, chance, size } = compare(values, ENDS)
  return change > Math.max(STILL * size, chance)
}

/** Whether the last quarter is that of the first tenth, and chance makes so little of it that this says something. */
function isStill(values: readonly number[]): boolean {
  const tenth = Math.max(ENDS, Math.floor(values.length / 10))
  const { change, chance, size } = compare(values, tenth)
  return change <= STILL * size || (change <= chance && chance <= NOISE * size)
}

/** Whether the last epoch is the first one over again: in a whole pass over the data batches no longer differ. */
function repeats(steps: readonly StepRecord[], values: readonly number[]): boolean {
  const of = (epoch: number | undefined): number[] =>
    values.filter((_, index) => steps[index]?.epoch === epoch)
  const [first, last] = [of(steps[0]?.epoch), of(steps.at(-1)?.epoch)]
  if (first.length !== last.length || first.length === values.length) return false
  return Math.abs(mean(last) - mean(first)) <= STILL * Math.abs(mean(first))
}

/** The last quarter beside the first `count` values: the change, what chance makes of it, the size at first. */
function compare(
  values: readonly number[],
  count: number,
): { readonly change: number; readonly chance: number; readonly size: number } {
  const late = values.slice(-Math.max(ENDS, Math.floor(values.length / 4)))
  const early = mean(values.slice(0, count))
  return {
    change: Math.abs(mean(late) - early),
    chance: ERRORS * deviation(late) * Math.sqrt(1 / count + 1 / late.length),
    size: Math.abs(early),
  }
}

/** The metric itself, or one for each phase. */
function metricsNamed(step: StepRecord | undefined, name: string): string[] {
  return Object.keys(step?.metrics ?? {}).filter((key) => key === name || key.endsWith(`.${name}`))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function deviation(values: readonly number[]): number {
  const center = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)))
}

function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
