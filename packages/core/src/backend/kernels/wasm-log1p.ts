/** `Log1p` on wasm: the stock kernel takes log(1 + x), and loses every digit of a small x. */
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

export const wasmLog1p: Replacement = {
  kernelName: 'Log1p',
  backendName: 'wasm',
  reason: 'the digits of a small argument are lost',
  make: (stock) => (args) => {
    const x = args.inputs['x'] as TensorInfo
    if (x.dtype !== 'float32') return (stock as KernelFunc)(args)
    const wasm = args.backend as WasmHandle
    const out = wasm.makeOutput(x.shape, 'float32')
    const values = wasm.typedArrayFromHeap(x)
    const results = wasm.typedArrayFromHeap(out)
    for (let i = 0; i < values.length; i++) results[i] = Math.log1p(values[i] as number)
    return out
  },
}
