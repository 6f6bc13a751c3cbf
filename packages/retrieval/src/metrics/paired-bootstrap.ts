/**
 * The paired bootstrap (Efron and Tibshirani, 1993, chapter 13; for retrieval: Sakai, 2006): queries are drawn with
 * replacement, the same ones for both systems, and the percentiles of the means are the ends of the intervals.
 */
import { check, Rng } from '@winnow/core'

/** A mean with its interval. */
export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** Options of {@link bootstrap} and {@link pairedBootstrap}. */
export interface BootstrapOptions {
  /** Of the draws: the same seed and values give the same interval. 0 by default. */
  readonly seed?: number
  /** How often the queries are drawn; 10,000 by default. */
  readonly samples?: number
  /** How much of the means the interval holds, between 0 and 1; 0.95 by default. */
  readonly confidence?: number
}

/** What {@link pairedBootstrap} finds. */
export interface PairedBootstrap {
  readonly first: Interval
  readonly second: Interval
  /** first - second. Above 0 as a whole: the first system is better than chance explains. */
  readonly difference: Interval
}

/** The mean of a measure over queries (its values by query), and its interval. @throws WinnowError when there are no values */
export function bootstrap(
  values: ReadonlyMap<string, number>,
  options: BootstrapOptions = {},
): Interval {
  const all = Float64Array.from(values.values())
  check(all.length > 0, () => 'bootstrap: values: none came, expected one for each query')
  return intervals([all], options)[0] as Interval
}

/**
 * The means of two systems over the same queries and of their difference, with intervals.
 *
 * @throws WinnowError when the queries are not the same, or there are none
 */
export function pairedBootstrap(
  first: ReadonlyMap<string, number>,
  second: ReadonlyMap<string, number>,
  options: BootstrapOptions = {},
): PairedBootstrap {
  check(first.size > 0, () => 'pairedBootstrap: no values came, expected one for each query')
  const lacking =
    [...first.keys()].find((query) => !second.has(query)) ??
    [...second.keys()].find((query) => !first.has(query))
  check(
    lacking === undefined,
    () => `pairedBootstrap: query '${lacking}' has a value in one system alone, expected pairs`,
  )
  const a = Float64Array.from(first.values())
  const b = Float64Array.from([...first.keys()].map((query) => second.get(query) as number))
  const [one, two, difference] = intervals([a, b, a.map((value, i) => value - (b[i] as number))], {
    ...options,
  }) as [Interval, Interval, Interval]
  return { first: one, second: two, difference }
}

/** Intervals of several columns, from the same draws of rows. */
function intervals(
  columns: readonly Float64Array[],
  { seed = 0, samples = 10_000, confidence = 0.95 }: BootstrapOptions,
): readonly Interval[] {
  check(
    Number.isSafeInteger(samples) && samples >= 1,
    () => `bootstrap: samples: ${samples} came, expected a whole number >= 1`,
  )
  check(
    confidence > 0 && confidence < 1,
    () => `bootstrap: confidence: ${confidence} came, expected a number between 0 and 1`,
  )
  const count = (columns[0] as Float64Array).length
  const means = columns.map(() => new Float64Array(samples))
  const rng = new Rng(seed)
  for (let sample = 0; sample < samples; sample++) {
    const rows = rng.uniformValues(count)
    for (const [c, column] of columns.entries()) {
      let sum = 0
      for (let i = 0; i < count; i++) {
        sum += column[Math.floor((rows[i] as number) * count)] as number
      }
      ;(means[c] as Float64Array)[sample] = sum / count
    }
  }
  const tail = (1 - confidence) / 2
  return columns.map((column, c) => {
    const sorted = (means[c] as Float64Array).sort()
    return {
      mean: column.reduce((sum, value) => sum + value, 0) / count,
      low: quantile(sorted, tail),
      high: quantile(sorted, 1 - tail),
    }
  })
}

/** Between the two nearest values, in proportion. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  return low + (at - below) * (high - low)
}
