/**
 * Everything of a training run that is not a tensor: how far it is, and what happened. Plain JSON, so that a checkpoint
 * can hold it and a resumed run goes on as if nothing had been.
 */
import type { StoppingState } from './early-stopping.ts'
import type { EpochRecord, MeanState, StepRecord } from './history.ts'

export interface RunState {
  /** Updates made. */
  step: number
  /** Epochs finished. */
  epoch: number
  /** Batches taken of the epoch that is under way. */
  offset: number
  /** Updates made in it. */
  epochSteps: number
  /** Seconds that it has taken so far. */
  epochSeconds: number
  /** Means of its metrics so far. */
  mean: MeanState
  stopping: StoppingState | undefined
  readonly steps: StepRecord[]
  readonly epochs: EpochRecord[]
  readonly warnings: string[]
}

/** A run before its first step. */
export function newRunState(): RunState {
  return {
    step: 0,
    epoch: 0,
    offset: 0,
    epochSteps: 0,
    epochSeconds: 0,
    mean: {},
    stopping: undefined,
    steps: [],
    epochs: [],
    warnings: [],
  }
}

/** Closes the epoch that is under way. */
export function beginEpoch(state: RunState): void {
  state.epoch++
  state.offset = 0
  state.epochSteps = 0
  state.epochSeconds = 0
  state.mean = {}
}
