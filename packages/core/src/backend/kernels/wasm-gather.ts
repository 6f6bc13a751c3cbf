/**
 * `GatherV2` on wasm with batch dimensions: the stock kernel reads the indices of the first batch for all
 * (tensorflow/tfjs#8658, open). Token dropping in masked autoencoders needs it.
 */

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import { backend_util, util } from '@tensorflow/tfjs-core'
import { check } from '../../error.ts'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

interface GatherAttrs {
  readonly axis: number
  readonly batchDims?: number
}

export const wasmGather: Replacement = {
  kernelName: 'GatherV2',
  backendName: 'wasm',
  reason: 'batchDims above 0 gathers with the indices of the first batch',
  make: (stock) => (args) => {
    const { axis, batchDims = 0 } = args.attrs as unknown as GatherAttrs
    if (batchDims === 0) return (stock as KernelFunc)(args)
    const x = args.inputs['x'] as TensorInfo
    const indices = args.inputs['indices'] as TensorInfo
    const parsedAxis = util.parseAxisParam(axis, x.shape)[0] as number
    const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
      backend_util.segment_util.collectGatherOpShapeInfo(
        x as never,
        indices as never,
        parsedAxis,
        batchDims,
      )
    const wasm = args.backend as WasmHandle
    for (const index of wasm.typedArrayFromHeap(indices)) {
      check(
        index >= 0 && index < dimSize,
        () => `gather: the index ${index} is not in [0, ${dimSize - 1}].`,
      )
    }
    const out = wasm.makeOutput(outputShape, x.dtype)
    const source = wasm.typedArrayFromHeap(x)
    const chosen = wasm.typedArrayFromHeap(indices)
    const target = wasm.typedArrayFromHeap(out)
    const count = batchSize === 0 ? 0 : chosen.length / batchSize
    let to = 0
    for (let batch = 0; batch < batchSize; batch++) {
      for (let outer = 0; outer < outerSize; outer++) {
        for (let k = 0; k < count; k++, to += sliceSize) {
          const index = chosen[batch * count + k] as number
          const from = ((batch * outerSize + outer) * dimSize + index) * sliceSize
          target.set(source.subarray(from, from + sliceSize), to)
        }
      }
    }
    return out
  },
}
