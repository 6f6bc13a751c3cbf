/**
 * `Cast` to bool on wasm: the stock kernel truncates to a byte instead of comparing with 0, so that 0.5 and 256 become
 * false and 2 becomes 2 (tensorflow/tfjs#2590, closed unfixed).
 */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

export const wasmCast: Replacement = {
  kernelName: 'Cast',
  backendName: 'wasm',
  reason: 'a cast to bool truncates to a byte instead of comparing with 0',
  make: (stock) => (args) => {
    const x = args.inputs['x'] as TensorInfo
    const { dtype } = args.attrs as unknown as { dtype: string }
    if (dtype !== 'bool' || x.dtype === 'bool') return (stock as KernelFunc)(args)
    const wasm = args.backend as WasmHandle
    const out = wasm.makeOutput(x.shape, 'bool')
    const values = wasm.typedArrayFromHeap(x)
    const truths = wasm.typedArrayFromHeap(out)
    for (let i = 0; i < values.length; i++) truths[i] = values[i] === 0 ? 0 : 1
    return out
  },
}
