/**
 * The two gradients of a depthwise convolution on wasm, which has neither. Channel c of the input meets the `multiplier`
 * columns filter[·, ·, c, ·] alone, so that there is no product of matrices in it: plain loops, channels innermost.
 */

import type { TensorInfo } from '@tensorflow/tfjs-core'
import { backend_util } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

type Shape = [number, number, number, number]
type Info = ReturnType<typeof backend_util.computeConv2DInfo>

interface DepthwiseAttrs {
  readonly strides: number | [number, number]
  readonly dilations?: number | [number, number]
  readonly pad: Parameters<typeof backend_util.computeConv2DInfo>[4]
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

function depthwiseInfo(inShape: Shape, filterShape: Shape, attrs: DepthwiseAttrs): Info {
  const { strides, dilations, pad, dimRoundingMode } = attrs
  return backend_util.computeConv2DInfo(
    inShape,
    filterShape,
    strides,
    dilations ?? [1, 1],
    pad,
    dimRoundingMode,
    true,
  )
}

/** Calls `visit(x, dy, filter)` with the offsets of the channel vectors of every pair that meets. */
function eachMeeting(info: Info, visit: (x: number, dy: number, filter: number) => void): void {
  const { inHeight, inWidth, inChannels, outChannels, padInfo } = info
  const multiplier = outChannels / inChannels
  let dy = 0
  for (let image = 0; image < info.batchSize; image++) {
    for (let i = 0; i < info.outHeight; i++) {
      for (let j = 0; j < info.outWidth; j++, dy += outChannels) {
        for (let a = 0; a < info.filterHeight; a++) {
          const y = i * info.strideHeight - padInfo.top + a * info.dilationHeight
          if (y < 0 || y >= inHeight) continue
          for (let b = 0; b < info.filterWidth; b++) {
            const x = j * info.strideWidth - padInfo.left + b * info.dilationWidth
            if (x < 0 || x >= inWidth) continue
            visit(
              ((image * inHeight + y) * inWidth + x) * inChannels,
              dy,
              (a * info.filterWidth + b) * inChannels * multiplier,
            )
          }
        }
      }
    }
  }
}

const filterGradient: Replacement = {
  kernelName: 'DepthwiseConv2dNativeBackpropFilter',
  backendName: 'wasm',
  reason: 'not registered',
  make:
    () =>
    ({ inputs, attrs, backend }) => {
      const x = inputs['x'] as TensorInfo
      const dy = inputs['dy'] as TensorInfo
      const { filterShape } = attrs as unknown as { filterShape: Shape }
      const info = depthwiseInfo(x.shape as Shape, filterShape, attrs as unknown as DepthwiseAttrs)
      const wasm = backend as WasmHandle
      const out = wasm.makeOutput(filterShape, 'float32')
      const sums = wasm.typedArrayFromHeap(out).fill(0)
      const values = wasm.typedArrayFromHeap(x)
      const slopes = wasm.typedArrayFromHeap(dy)
      const channels = info.inChannels
      const multiplier = info.outChannels / channels
      eachMeeting(info, (from, slope, to) => {
        for (let c = 0; c < channels; c++) {
          const value = values[from + c] as number
          for (let k = c * multiplier; k < (c + 1) * multiplier; k++) {
            sums[to + k]! += value * slopes[slope + k]!
          }
        }
      })
      return out
    },
}

const inputGradient: Replacement = {
  kernelName: 'DepthwiseConv2dNativeBackpropInput',
  backendName: 'wasm',
  reason: 'not registered',
  make:
    () =>
    ({ inputs, attrs, backend }) => {
      const dy = inputs['dy'] as TensorInfo
      const filter = inputs['filter'] as TensorInfo
      const { inputShape } = attrs as unknown as { inputShape: Shape }
      const info = depthwiseInfo(
        inputShape,
        filter.shape as Shape,
        attrs as unknown as DepthwiseAttrs,
      )
      const wasm = backend as WasmHandle
      const out = wasm.makeOutput(inputShape, 'float32')
      const sums = wasm.typedArrayFromHeap(out).fill(0)
      const weights = wasm.typedArrayFromHeap(filter)
      const slopes = wasm.typedArrayFromHeap(dy)
      const channels = info.inChannels
      const multiplier = info.outChannels / channels
      eachMeeting(info, (to, slope, from) => {
        for (let c = 0; c < channels; c++) {
          let sum = 0
          for (let k = c * multiplier; k < (c + 1) * multiplier; k++) {
            sum += weights[from + k]! * slopes[slope + k]!
          }
          sums[to + c]! += sum
        }
      })
      return out
    },
}

export const wasmDepthwiseGradients: readonly Replacement[] = [filterGradient, inputGradient]
