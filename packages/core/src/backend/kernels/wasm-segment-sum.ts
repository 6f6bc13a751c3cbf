/**
 * `UnsortedSegmentSum` on wasm, which has none: the gradient of every gather and embedding. Rows are added in their
 * order, so that a repeat gives the same bytes; ids outside `[0, numSegments)` are dropped, as on cpu.
 */

import type { TensorInfo } from '@tensorflow/tfjs-core'
import { util } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

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
      const inner = x.shape.slice(segmentIds.shape.length)
      const size = util.sizeFromShape(inner)
      const out = wasm.makeOutput([numSegments, ...inner], x.dtype)
      const sums = wasm.typedArrayFromHeap(out).fill(0)
      const values = wasm.typedArrayFromHeap(x)
      const ids = wasm.typedArrayFromHeap(segmentIds)
      for (let row = 0; row < ids.length; row++) {
        const id = ids[row] as number
        if (id < 0 || id >= numSegments) continue
        const to = id * size
        const from = row * size
        for (let i = 0; i < size; i++) sums[to + i]! += values[from + i]!
      }
      return out
    },
}
