/**
 * The curves of a run as series of a chart: a metric of the updates, of the validation after each epoch, and levels to compare
 * with.
 */
import type { History } from '@winnow/core'
import type { Series } from './line-chart.ts'

/** Points of a curve. */
const MOST_POINTS = 200

/** A series whose places are known. */
export interface RunCurve extends Series {
  readonly x: readonly number[]
}

/** How a metric is drawn. */
export interface CurveOptions {
  readonly name: string
  /** From the metric to what is drawn; the metric itself by default. */
  readonly value?: (metric: number) => number
}

const same = (metric: number): number => metric

/** A metric over the updates: means of groups, for single batches differ more than the curve falls. */
export function trainingCurve(
  { steps }: History,
  metric: string,
  { name, value = same }: CurveOptions,
): RunCurve {
  const size = Math.max(1, Math.ceil(steps.length / MOST_POINTS))
  const groups = Array.from({ length: Math.ceil(steps.length / size) }, (_, i) =>
    steps.slice(i * size, (i + 1) * size),
  )
  const mean = (group: History['steps']): number =>
    group.reduce((sum, { metrics }) => sum + (metrics[metric] ?? Number.NaN), 0) / group.length
  return {
    name,
    x: groups.map((group) => group.at(-1)?.step ?? 0),
    y: groups.map((group) => value(mean(group))),
  }
}

/** The same of the validation data after each epoch, dashed: one series, or none where nothing was validated. */
export function validationCurve(
  { epochs }: History,
  metric: string,
  { name, value = same }: CurveOptions,
): readonly RunCurve[] {
  const seen = epochs.filter(({ validation }) => validation !== undefined)
  if (seen.length === 0) return []
  const stepsAt = (epoch: number): number =>
    epochs.slice(0, epoch).reduce((sum, { steps }) => sum + steps, 0)
  const x = seen.map(({ epoch }) => stepsAt(epoch))
  const y = seen.map(({ validation }) => value(validation?.[metric] ?? Number.NaN))
  return [{ name, dashed: true, x, y }]
}

/** A value to compare with, from the first update to the last. */
export function levelCurve({ steps }: History, name: string, value: number): RunCurve {
  const ends = [steps[0]?.step ?? 0, steps.at(-1)?.step ?? 1]
  return { name, dashed: true, x: ends, y: [value, value] }
}
