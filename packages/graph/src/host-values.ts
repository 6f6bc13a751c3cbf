/** Tensors' values on the host: as tfjs hands them over, for readers, and for updates in place. */
import type { BackendValues, DataType } from '@tensorflow/tfjs-core'
import { check, WinnowError } from '@winnow/core'
import type { GraphBackend } from './backend.ts'
import type { HostArray } from './element.ts'
import type { Entry } from './entry.ts'
import { hostOf } from './entry.ts'

/** tfjs also hands over plain arrays, booleans and clamped bytes; arrays of the right kind are kept as they are. */
export function typedValues(values: BackendValues, dtype: DataType): HostArray | BackendValues {
  const numbers = values as unknown as ArrayLike<number>
  if (dtype === 'float32')
    return values instanceof Float32Array ? values : Float32Array.from(numbers)
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(numbers)
  if (dtype === 'bool') return values.constructor === Uint8Array ? values : Uint8Array.from(numbers)
  return values
}

/** The values for a reader outside, who may keep them. */
export function exposed(entry: Entry): BackendValues {
  if (entry.host === undefined) {
    throw new WinnowError('a tensor has no values: the run that should have computed it failed')
  }
  if (entry.placed) return hostOf(entry).slice() as BackendValues
  entry.exposed = true
  return entry.host as BackendValues
}

/**
 * The live storage of a tensor, for updates in place: what is written there is the tensor's new value.
 *
 * Undefined where the tensor shares its data with another one (a clone, a reshape), which must keep the old values:
 * make a new tensor then. An array that a reader or writer may still hold is replaced by a copy first, and pending
 * work that reads the tensor runs first. Valid until the next call that reads, writes or disposes the tensor.
 */
export function hostValues(backend: GraphBackend, dataId: object): HostArray | undefined {
  const entry = ownEntry(backend, dataId)
  if (entry === undefined) return undefined
  if (entry.exposed) {
    entry.host = hostOf(entry).slice()
    entry.exposed = false
  }
  return hostOf(entry)
}

/**
 * Moves a tensor's values into `storage` (in WebAssembly memory, say), which is its live storage from now on: whoever
 * writes there changes the tensor, and programs are fed from there without a copy. Readers get copies. False, and
 * nothing is done, where {@link hostValues} would be undefined.
 *
 * @throws WinnowError when kind or length of `storage` differ from the tensor's
 */
export function placeValues(backend: GraphBackend, dataId: object, storage: HostArray): boolean {
  const entry = ownEntry(backend, dataId)
  if (entry === undefined) return false
  const host = hostOf(entry)
  check(
    storage.constructor === host.constructor && storage.length === host.length,
    () =>
      `storage: a ${storage.constructor.name} of ${storage.length} came, the tensor has a ` +
      `${host.constructor.name} of ${host.length}`,
  )
  if (storage !== host) (storage as Float32Array).set(host as Float32Array)
  entry.host = storage
  entry.exposed = false
  entry.placed = true
  return true
}

/** The entry of a tensor that alone holds its data, once pending work with it has run. */
function ownEntry(backend: GraphBackend, dataId: object): Entry | undefined {
  const entry = backend.entry(dataId)
  if (entry.references > 1 || entry.dtype === 'string') return undefined
  if (entry.host === undefined || backend.pending.find(entry) !== undefined) backend.flushSync()
  return entry.host === undefined ? undefined : entry
}
