/**
 * `OneHot` on wasm in the type that was asked for: the stock kernel writes whole numbers into float32 memory, where a one
 * is read as 1.4e-45.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

interface OneHotAttributes {
  readonly depth: number
  readonly onValue: number
  readonly offValue: number
  readonly dtype: TensorInfo['dtype']
}

export const wasmOneHot: Replacement = {
  kernelName: 'OneHot',
  backendName: 'wasm',
  reason: 'wrong: writes int32 bits into a float32 result',
  make: () => (args) => {
    const indices = args.inputs['indices'] as TensorInfo
    const { depth, onValue, offValue, dtype } = args.attrs as unknown as OneHotAttributes
    const wasm = args.backend as WasmHandle
    const out = wasm.makeOutput([...indices.shape, depth], dtype)
    const target = wasm.typedArrayFromHeap(out)
    target.fill(offValue)
    const chosen = wasm.typedArrayFromHeap(indices)
    for (let row = 0; row < chosen.length; row++) {
      const index = chosen[row] as number
      if (index >= 0 && index < depth) target[row * depth + index] = onValue
    }
    return out
  },
}
