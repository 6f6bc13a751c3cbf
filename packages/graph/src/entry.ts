/** What the backend knows of one tensor's data: on the host, or still to be computed. */
import type { BackendValues, DataType } from '@tensorflow/tfjs-core'
import { WinnowError } from '@winnow/core'
import type { HostArray } from './element.ts'
import type { Value } from './graph.ts'

export interface Entry {
  readonly dtype: DataType
  /** Elements. */
  readonly size: number
  /** tfjs tensors that share the data. */
  references: number
  /** Recorded graphs that will read the data. */
  pins: number
  /** The values, once they are known. Strings are kept as tfjs hands them over. */
  host: HostArray | BackendValues | undefined
  /** The value in a graph that has not run yet. */
  value: Value | undefined
  /** Whether somebody outside may hold the array in `host`. */
  exposed: boolean
  /** Whether `host` is storage that somebody updates in place: readers get copies. */
  placed: boolean
  /** Whether `host` was made by a run for this entry alone, and may be freed with it. */
  owned: boolean
  /** The recording during which the entry was made, if any. */
  readonly recording: object | undefined
  /** The data of another backend that this stands for, where the backend only records. */
  readonly foreign: object | undefined
}

/** The values of an entry that is on the host. */
export function hostOf(entry: Entry): HostArray {
  return entry.host as HostArray
}

/** Whether nobody but the entry can reach its values. */
export function isFree({ owned, exposed, placed, pins, host }: Entry): boolean {
  return owned && !exposed && !placed && pins === 0 && host !== undefined
}

export function newEntry(
  dtype: DataType,
  size: number,
  recording?: object,
  foreign?: object,
): Entry {
  return {
    dtype,
    size,
    references: 1,
    pins: 0,
    host: undefined,
    value: undefined,
    recording,
    foreign,
    exposed: false,
    placed: false,
    owned: false,
  }
}

/** @throws WinnowError when the tensor was recorded by a trace that is over */
export function refuseStale(entry: Entry): void {
  if (entry.host === undefined && entry.recording !== undefined) {
    throw new WinnowError(
      'a tensor that was recorded by a trace is used after the trace has ended; return it from the traced function',
    )
  }
}

/** @throws WinnowError when a trace has recorded the tensor, which has no values yet */
export function refuseRead(entry: Entry): void {
  if (entry.recording !== undefined && entry.value !== undefined) {
    throw new WinnowError(
      'a value was read (data, dataSync, print) of a tensor that a trace recorded and that has none; ' +
        'return the tensor, or use hostCall(fn, inputs, { shapes }) for host work in the middle',
    )
  }
}
