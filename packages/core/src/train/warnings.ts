/**
 * Warnings that any run can give, from its metrics alone: gradients that explode, a loss that never moves.
 */
import type { EpochRecord, StepRecord } from './history.ts'

/** A gradient norm this many times the median of those before it is an explosion. */
const EXPLOSION = 100
/** Steps that the median is taken of. */
const WINDOW = 50
/** A loss that has changed by less than this share of itself since the start has not moved. */
const STILL = 1e-3
/** Steps at either end that are compared; a run must have four times as many. */
const ENDS = 10

/** Warnings after an epoch. `steps` are those of the run so far. */
export function runWarnings(steps: readonly StepRecord[], epoch: EpochRecord): readonly string[] {
  return [...explosions(steps, epoch), ...stalled(steps)]
}

function explosions(steps: readonly StepRecord[], epoch: EpochRecord): string[] {
  const first = steps.length - epoch.steps
  for (const metric of metricsNamed(steps.at(-1), 'gradientNorm')) {
    const norms = steps.map(({ metrics }) => metrics[metric] ?? Number.NaN)
    for (let i = Math.max(first, WINDOW); i < norms.length; i++) {
      const usual = median(norms.slice(i - WINDOW, i))
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
  if (steps.length < 4 * ENDS) return []
  return metricsNamed(steps.at(-1), 'loss').flatMap((metric) => {
    const values = steps.flatMap(({ metrics }) => metrics[metric] ?? [])
    const [early, late] = [mean(values.slice(0, ENDS)), mean(values.slice(-ENDS))]
    if (Math.abs(late - early) > STILL * Math.abs(early)) return []
    return [
      `the loss does not move: ${metric} is ${late.toPrecision(5)} after ${steps.length} steps and was ` +
        `${early.toPrecision(5)} at the start; is the learning rate too small, or does nothing that trains reach it?`,
    ]
  })
}

/** The metric itself, or one for each phase. */
function metricsNamed(step: StepRecord | undefined, name: string): string[] {
  return Object.keys(step?.metrics ?? {}).filter((key) => key === name || key.endsWith(`.${name}`))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
