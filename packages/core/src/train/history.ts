/**
 * What a run leaves behind: the metrics of every step and every epoch, as plain JSON.
 */

/** Numbers by metric name. */
export type Metrics = Readonly<Record<string, number>>

/** Metrics of one update. With several phases, names are `phase.metric`. */
export interface StepRecord {
  /** Updates made, this one included. */
  readonly step: number
  readonly epoch: number
  readonly metrics: Metrics
}

/** Means over an epoch, weighted by batch size. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number
  readonly steps: number
  readonly seconds: number
  readonly training: Metrics
  readonly validation?: Metrics
}

/** The metrics of a run. */
export interface History {
  readonly steps: readonly StepRecord[]
  readonly epochs: readonly EpochRecord[]
}

/** Sums and weights by metric name: what a mean has seen so far, as plain JSON. */
export type MeanState = Record<string, { sum: number; weight: number }>

/** Adds metrics to a mean, for batches of different sizes. */
export function addToMean(mean: MeanState, metrics: Metrics, weight: number): void {
  for (const [name, value] of Object.entries(metrics)) {
    const { sum, weight: seen } = mean[name] ?? { sum: 0, weight: 0 }
    mean[name] = { sum: sum + value * weight, weight: seen + weight }
  }
}

/** The means by name. */
export function meanOf(mean: MeanState): Metrics {
  return Object.fromEntries(
    Object.entries(mean).map(([name, { sum, weight }]) => [name, sum / weight]),
  )
}
