/**
 * `Conv3DBackpropInputV2` and `Conv3DBackpropFilterV2` on wasm: the stock kernels read memory that they have not set, or
 * read past an image's end where the stride leaves input over, and their values are wrong.
 *
 *     dx[n, s·i + a − p, …, c] = Σ_{a, …, o} dy[n, i, …, o] · filter[a, …, c, o]
 *     dw[a, …, c, o]           = Σ_{n, i, …} x[n, s·i + a − p, …, c] · dy[n, i, …, o]
 */

import type { TensorInfo } from '@tensorflow/tfjs-core'
import { backend_util } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

type Shape5 = [number, number, number, number, number]
type Conv3DInfo = ReturnType<typeof backend_util.computeConv3DInfo>

interface Conv3DAttrs {
  readonly strides: number | [number, number, number]
  readonly pad: 'valid' | 'same'
}

interface InputGradientAttrs extends Conv3DAttrs {
  readonly inputShape: Shape5
}

interface FilterGradientAttrs extends Conv3DAttrs {
  readonly filterShape: Shape5
}

/** A pair of an input's and an output's place that a tap of the filter joins: where each begins in its memory. */
type Visit = (place: number, slope: number, tap: number) => void

/** Calls `visit` for each tap that lies on the input, output place by output place. */
function forEachTap(info: Conv3DInfo, visit: Visit): void {
  const { inDepth, inHeight, inWidth, inChannels, outChannels, padInfo } = info
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
                visit(place * inChannels, slope, tap * inChannels * outChannels)
              }
            }
          }
        }
      }
    }
  }
}

const inputGradient: Replacement = {
  kernelName: 'Conv3DBackpropInputV2',
  backendName: 'wasm',
  reason: 'most values are wrong: memory is read that was never set',
  make:
    () =>
    ({ inputs, attrs, backend }) => {
      const dy = inputs['dy'] as TensorInfo
      const filter = inputs['filter'] as TensorInfo
      const { strides, pad, inputShape } = attrs as unknown as InputGradientAttrs
      const filterShape = filter.shape as Shape5
      const info = backend_util.computeConv3DInfo(inputShape, filterShape, strides, 1, pad)
      const { inChannels, outChannels } = info
      const wasm = backend as WasmHandle
      const out = wasm.makeOutput(inputShape, 'float32')
      const dx = wasm.typedArrayFromHeap(out).fill(0)
      const slopes = wasm.typedArrayFromHeap(dy)
      const weights = wasm.typedArrayFromHeap(filter)
      forEachTap(info, (place, slope, tap) => {
        for (let c = 0; c < inChannels; c++) {
          const row = tap + c * outChannels
          let sum = 0
          for (let o = 0; o < outChannels; o++) sum += slopes[slope + o]! * weights[row + o]!
          dx[place + c]! += sum
        }
      })
      return out
    },
}

const filterGradient: Replacement = {
  kernelName: 'Conv3DBackpropFilterV2',
  backendName: 'wasm',
  reason: 'wrong where the stride leaves input over at the end of an axis',
  make:
    () =>
    ({ inputs, attrs, backend }) => {
      const x = inputs['x'] as TensorInfo
      const dy = inputs['dy'] as TensorInfo
      const { strides, pad, filterShape } = attrs as unknown as FilterGradientAttrs
      const inputShape = x.shape as Shape5
      const info = backend_util.computeConv3DInfo(inputShape, filterShape, strides, 1, pad)
      const { inChannels, outChannels } = info
      const wasm = backend as WasmHandle
      const out = wasm.makeOutput(filterShape, 'float32')
      const dw = wasm.typedArrayFromHeap(out)
      const values = wasm.typedArrayFromHeap(x)
      const slopes = wasm.typedArrayFromHeap(dy)
      // In double precision: the sums run over the whole batch.
      const sums = new Float64Array(dw.length)
      forEachTap(info, (place, slope, tap) => {
        for (let c = 0; c < inChannels; c++) {
          const value = values[place + c]!
          const row = tap + c * outChannels
          for (let o = 0; o < outChannels; o++) sums[row + o]! += value * slopes[slope + o]!
        }
      })
      dw.set(sums)
      return out
    },
}

export const wasmConv3dGradients: readonly Replacement[] = [inputGradient, filterGradient]
