/**
 * The scope in which a compiled function runs, and the rule of capture that holds inside it.
 *
 * Parameters and States are slots, read again at every call; random draws come from an `Rng` that was passed in;
 * reading a value throws and names `hostCall`. {@link compile} opens a scope; slots, `Rng` and `hostCall` ask for it.
 */
import type { DataType, Tensor } from '@tensorflow/tfjs-core'
import { engine } from '@tensorflow/tfjs-core'
import { WinnowError } from './error.ts'
import type { Rng } from './rng.ts'
import type { Slot } from './slot.ts'
import type { HostFunction, TensorSpec } from './tracer.ts'

/** What slots, random draws and host calls need of the compiled function that is running. */
export interface CaptureScope {
  /** The tensor that stands for the slot's value; `current` is what it holds outside. */
  read(slot: Slot, current: Tensor): Tensor
  /** Records the slot's new value; it is committed after the run. */
  write(slot: Slot, value: Tensor): void
  /** A tensor of random numbers made by `generate` from the generator's key. */
  draw(rng: Rng, spec: TensorSpec, generate: (rng: Rng) => DrawValues): Tensor
  hostCall(fn: HostFunction, inputs: readonly Tensor[], outputs: readonly TensorSpec[]): Tensor[]
}

/** Values of a random draw, row-major. */
export type DrawValues = Float32Array | Int32Array | Uint8Array

let current: CaptureScope | undefined
let readingAllowed = 0
let violation: WinnowError | undefined

/** The scope of the compiled function that is running, if any. */
export function captureScope(): CaptureScope | undefined {
  return current
}

/** Runs `fn` inside `scope`: synchronously, and never nested. */
export function withScope<T>(scope: CaptureScope, fn: () => T): T {
  guardReads()
  const outer = current
  current = scope
  violation = undefined
  try {
    const result = fn()
    if (violation !== undefined) throw violation
    return result
  } finally {
    current = outer
  }
}

/** Lets `fn` read values inside a scope: for the machinery of host calls only. */
export function allowReads<T>(fn: () => T): T {
  readingAllowed++
  try {
    return fn()
  } finally {
    readingAllowed--
  }
}

/** The dtypes that a random draw or a host call may have. */
export type HostDataType = Extract<DataType, 'float32' | 'int32' | 'bool'>

type Reads = Pick<ReturnType<typeof engine>, 'read' | 'readSync' | 'moveData'>
const guarded = new WeakSet<object>()

/** Makes `data`, `dataSync`, `array` and `print` throw inside a scope. The engine is a global that outlives module copies. */
function guardReads(): void {
  const reads: Reads = engine()
  if (guarded.has(reads)) return
  guarded.add(reads)
  const { read, readSync, moveData } = reads
  const refused = (): boolean => {
    if (current === undefined || readingAllowed > 0) return false
    violation ??= new WinnowError(
      'a value was read (data, dataSync, array, print) inside a compiled function, where tensors have none yet; ' +
        'return the tensor, or use hostCall(fn, inputs, { shapes }) for host work in the middle',
    )
    return true
  }
  reads.readSync = (dataId) => {
    if (refused()) throw violation
    return readSync.call(reads, dataId)
  }
  // A tensor made on another backend is read by tfjs to be brought here, which is nobody's mistake.
  reads.moveData = (backend, dataId) => allowReads(() => moveData.call(reads, backend, dataId))
  // A promise that nobody awaits would hide the error, so it stays pending and the scope throws at its end.
  reads.read = (dataId) => (refused() ? new Promise(() => undefined) : read.call(reads, dataId))
}
