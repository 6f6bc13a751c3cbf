/**
 * `Conv3DBackpropInputV2` on wasm: the stock kernel reads memory that it has not set, and most of its values are wrong.
 *
 *     dx[n, s·i + a − p, …, c] = Σ_{a, …, o} dy[n, i, …, o] · filter[a, …, c, o]
 */

import type { TensorInfo } from '@tensorflow/tfjs-core'
import { backend_util } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

type Shape5 = [number, number, number, number, number]

interface Conv3DAttrs {
  readonly strides: number | [number, number, number]
  readonly pad: 'valid' | 'same'
  readonly inputShape: Shape5
}

export const wasmConv3dInputGradient: Replacement = {
  kernelName: 'Conv3DBackpropInputV2',
  backendName: 'wasm',
  reason: 'most values are wrong: memory is read that was never set',
  make:
    () =>
    ({ inputs, attrs, backend }) => {
      const dy = inputs['dy'] as TensorInfo
      const filter = inputs['filter'] as TensorInfo
      const { strides, pad, inputShape } = attrs as unknown as Conv3DAttrs
      const info = backend_util.computeConv3DInfo(
        inputShape,
        filter.shape as Shape5,
        strides,
        1,
        pad,
      )
      const { inDepth, inHeight, inWidth, inChannels, outChannels, padInfo } = info
      const wasm = backend as WasmHandle
      const out = wasm.makeOutput(inputShape, 'float32')
      const dx = wasm.typedArrayFromHeap(out).fill(0)
      const slopes = wasm.typedArrayFromHeap(dy)
      const weights = wasm.typedArrayFromHeap(filter)

      /** Adds what one output vector sends through one tap of the filter. */
      const addTap = (target: number, slope: number, tap: number): void => {
        for (let c = 0; c < inChannels; c++) {
          const row = (tap * inChannels + c) * outChannels
          let sum = 0
          for (let o = 0; o < outChannels; o++) sum += slopes[slope + o]! * weights[row + o]!
          dx[target + c]! += sum
        }
      }

      let slope = 0
      for (let image = 0; image < info.batchSize; image++) {
        for (let d = 0; d < info.outDepth; d++) {
          for (let i = 0; i < info.outHeight; i++) {
            for (let j = 0; j < info.outWidth; j++, slope += outChannels) {
              let tap = 0
              for (let a = 0; a < info.filterDepth; a++) {
                const z = d * info.strideDepth - padInfo.front + a
                for (let b = 0; b < info.filterHeight; b++) {
                  const y = i * info.strideHeight - padInfo.top + b
                  for (let c = 0; c < info.filterWidth; c++, tap++) {
                    const x = j * info.strideWidth - padInfo.left + c
                    if (z < 0 || z >= inDepth || y < 0 || y >= inHeight) continue
                    if (x < 0 || x >= inWidth) continue
                    const place = ((image * inDepth + z) * inHeight + y) * inWidth + x
                    addTap(place * inChannels, slope, tap)
                  }
                }
              }
            }
          }
        }
      }
      return out
    },
}
