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

export interface History {
  readonly steps: readonly StepRecord[]
  readonly epochs: readonly EpochRecord[]
}

/** Averages metrics over batches of different sizes. */
export class MetricMean {
  readonly #sums = new Map<string, number>()
  readonly #weights = new Map<string, number>()

  add(metrics: Metrics, weight: number): void {
    for (const [name, value] of Object.entries(metrics)) {
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + value * weight)
      this.#weights.set(name, (this.#weights.get(name) ?? 0) + weight)
    }
  }

  result(): Metrics {
    const means = [...this.#sums].map(([name, sum]) => [name, sum / (this.#weights.get(name) ?? 1)])
    return Object.fromEntries(means) as Metrics
  }
}
