/**
 * Early stopping (Prechelt, 1998): training ends when a metric has not improved for `patience` epochs.
 */
import { check } from '../error.ts'
import type { EpochRecord } from './history.ts'

export interface EarlyStoppingOptions {
  /** Metric to watch, `loss` by default: of the validation data where there are any, else of training. */
  readonly metric?: string
  /** Epochs without improvement that are borne, at least 1. */
  readonly patience: number
  /** Smaller improvements do not count; 0 by default. */
  readonly minimumChange?: number
  /** Which way is better; `lower` by default. */
  readonly better?: 'lower' | 'higher'
}

/** Watches one metric over epochs. */
export class EarlyStopping {
  readonly #options: Required<EarlyStoppingOptions>
  #best = Number.POSITIVE_INFINITY
  #waited = 0

  constructor(options: EarlyStoppingOptions) {
    check(
      Number.isInteger(options.patience) && options.patience >= 1,
      () =>
        `earlyStopping.patience: ${options.patience} came, expected a whole number of epochs >= 1`,
    )
    this.#options = { metric: 'loss', minimumChange: 0, better: 'lower', ...options }
  }

  /** Takes an epoch's metrics; `improved` says that it is the best so far, `stop` that patience has run out. */
  see(epoch: EpochRecord): { readonly improved: boolean; readonly stop: boolean } {
    const { metric, minimumChange, better, patience } = this.#options
    const metrics = epoch.validation ?? epoch.training
    const value = metrics[metric]
    check(
      value !== undefined,
      () => `earlyStopping.metric: '${metric}' is not among ${Object.keys(metrics).join(', ')}`,
    )
    const signed = better === 'lower' ? value : -value
    const improved = signed < this.#best - minimumChange
    if (improved) this.#best = signed
    this.#waited = improved ? 0 : this.#waited + 1
    return { improved, stop: this.#waited >= patience }
  }
}
