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

/** Whether `value`, which a file may have held, can be gone on with: every field is looked at. */
export function isRunState(value: unknown): value is RunState {
  if (!isRecord(value)) return false
  const { step, epoch, offset, epochSteps, epochSeconds, mean, stopping } = value
  const { steps, epochs, warnings } = value
  return (
    [step, epoch, offset, epochSteps].every(isCount) &&
    Number.isFinite(epochSeconds) &&
    isRecord(mean) &&
    Object.values(mean).every((sums) => hasNumbers(sums, 'sum', 'weight')) &&
    (stopping === undefined || hasNumbers(stopping, 'best', 'waited')) &&
    isArrayOf(steps, (made) => hasNumbers(made, 'step', 'epoch') && isMetrics(made['metrics'])) &&
    isArrayOf(
      epochs,
      (made) =>
        hasNumbers(made, 'epoch', 'steps', 'seconds') &&
        isMetrics(made['training']) &&
        (made['validation'] === undefined || isMetrics(made['validation'])),
    ) &&
    isArrayOf(warnings, (warning) => typeof warning === 'string')
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** JSON has null for a number that is not finite, as a metric of validation may be. */
function isNumber(value: unknown): boolean {
  return typeof value === 'number' || value === null
}

function hasNumbers(value: unknown, ...names: readonly string[]): value is Record<string, unknown> {
  return isRecord(value) && names.every((name) => isNumber(value[name]))
}

function isMetrics(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(isNumber)
}

function isArrayOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}
