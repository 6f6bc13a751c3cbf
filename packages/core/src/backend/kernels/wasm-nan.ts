/**
 * NaN on wasm: `relu6`, `maximum` and `minimum` turn it into an ordinary number, and a run that has
 * diverged goes on as if nothing were wrong. The stock kernels run unless there is a NaN to keep.
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { broadcastBinary, broadcastShape } from './broadcast.ts'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

function hasNaN(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true
  return false
}

/** Puts the NaNs of x back into what the stock kernel made of it. */
export const unaryKeepingNaN =
  (stock: KernelFunc | undefined): KernelFunc =>
  (args) => {
    const out = (stock as KernelFunc)(args) as TensorInfo
    const x = args.inputs['x'] as TensorInfo
    if (x.dtype !== 'float32') return out
    const wasm = args.backend as WasmHandle
    const values = wasm.typedArrayFromHeap(x)
    if (!hasNaN(values)) return out
    const results = wasm.typedArrayFromHeap(out)
    for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) results[i] = Number.NaN
    return out
  }

const binaryKeepingNaN =
  (fn: (a: number, b: number) => number) =>
  (stock: KernelFunc | undefined): KernelFunc =>
  (args) => {
    const a = args.inputs['a'] as TensorInfo
    const b = args.inputs['b'] as TensorInfo
    const wasm = args.backend as WasmHandle
    const float = a.dtype === 'float32' && b.dtype === 'float32'
    // The stock kernel keeps a NaN of its first operand only.
    if (!float || !hasNaN(wasm.typedArrayFromHeap(b))) return (stock as KernelFunc)(args)
    const shape = broadcastShape(a.shape, b.shape)
    const out = wasm.makeOutput(shape, 'float32')
    broadcastBinary(
      { values: wasm.typedArrayFromHeap(a), shape: a.shape },
      { values: wasm.typedArrayFromHeap(b), shape: b.shape },
      shape,
      wasm.typedArrayFromHeap(out),
      fn,
    )
    return out
  }

const backendName = 'wasm'

export const wasmNaN: readonly Replacement[] = [
  {
    kernelName: 'Relu6',
    backendName,
    reason: 'relu6(NaN) is 0',
    make: unaryKeepingNaN,
  },
  {
    kernelName: 'Maximum',
    backendName,
    reason: 'maximum(1, NaN) is 1',
    make: binaryKeepingNaN(Math.max),
  },
  {
    kernelName: 'Minimum',
    backendName,
    reason: 'minimum(1, NaN) is 1',
    make: binaryKeepingNaN(Math.min),
  },
]
