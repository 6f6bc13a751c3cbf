/**
 * `UnsortedSegmentSum` on wasm, which has none: the gradient of every gather and embedding. Ids outside
 * `[0, numSegments)` are left out, as on cpu.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'
import { addRows } from './segment-sum.ts'

export const wasmSegmentSum: Replacement = {
  kernelName: 'UnsortedSegmentSum',
  backendName: 'wasm',
  reason: 'not registered',
  make:
    () =>
    ({ inputs, attrs, backend }) => {
      const x = inputs['x'] as TensorInfo
      const segmentIds = inputs['segmentIds'] as TensorInfo
      const { numSegments } = attrs as unknown as { numSegments: number }
      const wasm = backend as WasmHandle
      const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)]
      const out = wasm.makeOutput(shape, x.dtype)
      const sums = wasm.typedArrayFromHeap(out).fill(0)
      addRows(wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(segmentIds), sums, numSegments)
      return out
    },
}
