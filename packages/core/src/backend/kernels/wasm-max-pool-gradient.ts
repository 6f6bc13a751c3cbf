/**
 * `MaxPoolGrad` on wasm: the stock kernel starts its search for the largest value of a window too high, and drops the
 * gradient of windows that are negative throughout. As on cpu, the first of equal values gets the gradient.
 */

import type { TensorInfo } from '@tensorflow/tfjs-core'
import { backend_util } from '@tensorflow/tfjs-core'
import type { WasmHandle } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

interface PoolAttrs {
  readonly filterSize: number | [number, number]
  readonly strides: number | [number, number]
  readonly pad: Parameters<typeof backend_util.computePool2DInfo>[4]
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

export const wasmMaxPoolGradient: Replacement = {
  kernelName: 'MaxPoolGrad',
  backendName: 'wasm',
  reason: 'the gradient of windows that are negative throughout is lost',
  make:
    () =>
    ({ inputs, attrs, backend }) => {
      const dy = inputs['dy'] as TensorInfo
      const input = inputs['input'] as TensorInfo
      const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttrs
      const info = backend_util.computePool2DInfo(
        input.shape as [number, number, number, number],
        filterSize,
        strides,
        1,
        pad,
        dimRoundingMode,
      )
      const { inHeight, inWidth, inChannels: channels, outHeight, outWidth, padInfo } = info
      const wasm = backend as WasmHandle
      const out = wasm.makeOutput(input.shape, 'float32')
      const dx = wasm.typedArrayFromHeap(out).fill(0)
      const values = wasm.typedArrayFromHeap(input)
      const slopes = wasm.typedArrayFromHeap(dy)
      let slope = 0
      for (let image = 0; image < info.batchSize; image++) {
        for (let i = 0; i < outHeight; i++) {
          const top = Math.max(0, i * info.strideHeight - padInfo.top)
          const bottom = Math.min(
            inHeight,
            i * info.strideHeight - padInfo.top + info.effectiveFilterHeight,
          )
          for (let j = 0; j < outWidth; j++) {
            const left = Math.max(0, j * info.strideWidth - padInfo.left)
            const right = Math.min(
              inWidth,
              j * info.strideWidth - padInfo.left + info.effectiveFilterWidth,
            )
            for (let channel = 0; channel < channels; channel++, slope++) {
              let best = Number.NEGATIVE_INFINITY
              let at = -1
              for (let y = top; y < bottom; y++) {
                for (let x = left; x < right; x++) {
                  const place = ((image * inHeight + y) * inWidth + x) * channels + channel
                  const value = values[place] as number
                  if (value > best) {
                    best = value
                    at = place
                  }
                }
              }
              if (at >= 0) dx[at]! += slopes[slope]!
            }
          }
        }
      }
      return out
    },
}
