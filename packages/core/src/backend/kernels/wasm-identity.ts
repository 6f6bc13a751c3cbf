/**
 * `Identity` on wasm: the stock kernel copies. tfjs clones every tensor that a gradient saves, weights and activations
 * alike, so each training step copied them all; sharing by reference count is what cpu and webgpu do.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

export const wasmIdentity: Replacement = {
  kernelName: 'Identity',
  backendName: 'wasm',
  reason: 'a clone copies the values instead of sharing them',
  make:
    () =>
    ({ inputs, backend }) => {
      const { dataId, shape, dtype } = inputs['x'] as TensorInfo
      ;(backend as WasmHandle).incRef(dataId)
      return { dataId, shape, dtype }
    },
}
