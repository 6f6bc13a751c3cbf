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

/** Whether `value`, which a file may have held, can be gone on with. */
export function isRunState(value: unknown): value is RunState {
  const isRecord = (field: unknown): field is Record<string, unknown> =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
  if (!isRecord(value)) return false
  const { step, epoch, offset, epochSteps, epochSeconds, mean, stopping } = value
  return (
    [step, epoch, offset, epochSteps].every(
      (count) => Number.isSafeInteger(count) && (count as number) >= 0,
    ) &&
    Number.isFinite(epochSeconds) &&
    isRecord(mean) &&
    (stopping === undefined || isRecord(stopping)) &&
    [value['steps'], value['epochs']].every((all) => Array.isArray(all) && all.every(isRecord)) &&
    Array.isArray(value['warnings']) &&
    value['warnings'].every((warning) => typeof warning === 'string')
  )
}
