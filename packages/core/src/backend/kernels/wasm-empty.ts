/**
 * Reductions of nothing on wasm: where the input has no elements and the output has, the stock kernels return memory
 * that was never set. Here they give what cpu gives.
 */

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

const ofNothing =
  (value: number) =>
  (stock: KernelFunc | undefined): KernelFunc =>
  (args) => {
    const out = (stock as KernelFunc)(args) as TensorInfo
    const x = args.inputs['x'] as TensorInfo
    if (util.sizeFromShape(x.shape) > 0) return out
    ;(args.backend as WasmHandle).typedArrayFromHeap(out).fill(value)
    return out
  }

const values: Readonly<Record<string, number>> = {
  Sum: 0,
  Mean: 0,
  Prod: 1,
  Max: Number.NaN,
  Min: Number.NaN,
}

export const wasmEmpty: readonly Replacement[] = Object.entries(values).map(
  ([kernelName, value]) => ({
    kernelName,
    backendName: 'wasm',
    reason: 'a reduction of no elements returns memory that was never set',
    make: ofNothing(value),
  }),
)
