/**
 * Early stopping (Prechelt, 1998): training ends when a metric has not improved for `patience` epochs.
 */
import { check } from '../error.ts'
import type { EpochRecord } from './history.ts'

/** When `fit` ends before its epochs are over. */
export interface EarlyStoppingOptions {
  /** Metric to watch, `loss` by default: of the validation data where there are any, else of training. */
  readonly metric?: string
  /** So many epochs in a row without improvement end the run, at least 1. */
  readonly patience: number
  /** Smaller improvements do not count; 0 by default. */
  readonly minimumChange?: number
  /** Which way is better; `lower` by default. */
  readonly better?: 'lower' | 'higher'
}

/** What early stopping remembers, as plain JSON. */
export interface StoppingState {
  /** The best value so far, its sign turned where higher is better. */
  readonly best: number
  /** Epochs since. */
  readonly waited: number
}

/** Checks the options once, before training. */
export function checkEarlyStopping({ patience }: EarlyStoppingOptions): void {
  check(
    Number.isInteger(patience) && patience >= 1,
    () => `earlyStopping.patience: ${patience} came, expected a whole number of epochs >= 1`,
  )
}

/** Whether a run that is gone on with had stopped. */
export function hasStopped(
  state: StoppingState | undefined,
  options: EarlyStoppingOptions | undefined,
): boolean {
  return state !== undefined && options !== undefined && state.waited >= options.patience
}

/** Takes an epoch's metrics; `improved` says that it is the best so far, `stop` that patience has run out. */
export function seeEpoch(
  before: StoppingState | undefined,
  epoch: EpochRecord,
  options: EarlyStoppingOptions,
): { readonly state: StoppingState; readonly improved: boolean; readonly stop: boolean } {
  const { metric = 'loss', minimumChange = 0, better = 'lower', patience } = options
  const metrics = epoch.validation ?? epoch.training
  const value = metrics[metric]
  check(
    value !== undefined,
    () => `earlyStopping.metric: '${metric}' is not among ${Object.keys(metrics).join(', ')}`,
  )
  const signed = better === 'lower' ? value : -value
  const improved = before === undefined || signed < before.best - minimumChange
  const waited = improved ? 0 : before.waited + 1
  return {
    state: { best: improved ? signed : before.best, waited },
    improved,
    stop: waited >= patience,
  }
}
