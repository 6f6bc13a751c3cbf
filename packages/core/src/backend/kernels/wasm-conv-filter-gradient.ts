/**
 * `Conv2DBackpropFilter` on wasm, which has none: the weight gradient of a convolution is a convolution.
 *
 *     dw[a, b, c, o] = Σ_{n,i,j} x[n, s·i + a − p, s·j + b − p, c] · dy[n, i, j, o]
 *
 * Read x as a batch of c images with n channels and dy as a filter of size i × j: the sum is the forward convolution of
 * the two, dilated by the stride s. The backend's own blocked convolution then does the work without any patches
 * written out. A 1x1 filter is one product, xᵀ·dy.
 */

import type { TensorInfo } from '@tensorflow/tfjs-core'
import { backend_util, util } from '@tensorflow/tfjs-core'
import { check } from '../../error.ts'
import type { WasmHandle } from './kernel-run.ts'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'

type Pad = Parameters<typeof backend_util.computeConv2DInfo>[4]
type RoundingMode = 'floor' | 'round' | 'ceil'

export interface ConvGradientAttrs {
  readonly strides: number | [number, number]
  readonly pad: Pad
  readonly dataFormat: 'NHWC' | 'NCHW'
  readonly dimRoundingMode?: RoundingMode
}

interface FilterGradientAttrs extends ConvGradientAttrs {
  readonly filterShape: [number, number, number, number]
}

export function checkChannelsLast(kernelName: string, dataFormat: string): void {
  check(
    dataFormat === undefined || dataFormat === 'NHWC',
    () => `${kernelName}: dataFormat '${dataFormat}' came; the wasm backend has only 'NHWC'.`,
  )
}

export const wasmConvFilterGradient: Replacement = {
  kernelName: 'Conv2DBackpropFilter',
  backendName: 'wasm',
  reason: 'not registered',
  make:
    () =>
    ({ inputs, attrs, backend }) => {
      const x = inputs['x'] as TensorInfo
      const dy = inputs['dy'] as TensorInfo
      const { strides, pad, dataFormat, dimRoundingMode, filterShape } =
        attrs as unknown as FilterGradientAttrs
      checkChannelsLast('Conv2DBackpropFilter', dataFormat)
      const info = backend_util.computeConv2DInfo(
        x.shape as [number, number, number, number],
        filterShape,
        strides,
        1,
        pad,
        dimRoundingMode,
      )
      const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info
      const { inChannels, outChannels, outHeight, outWidth, batchSize } = info

      return composite<WasmHandle>('wasm', backend, (run) => {
        if (util.sizeFromShape(dy.shape) === 0) {
          const none = run.own(run.backend.makeOutput(filterShape, 'float32'))
          run.backend.typedArrayFromHeap(none).fill(0)
          return none
        }
        const unstrided = strideHeight === 1 && strideWidth === 1
        const unpadded = padInfo.top + padInfo.bottom + padInfo.left + padInfo.right === 0
        if (filterHeight === 1 && filterWidth === 1 && unstrided && unpadded) {
          const positions = batchSize * outHeight * outWidth
          const a = run.reshape(x, [1, positions, inChannels])
          const b = run.reshape(dy, [1, positions, outChannels])
          const product = run.call('BatchMatMul', { a, b }, { transposeA: true, transposeB: false })
          return run.reshape(product, filterShape)
        }
        // The far edge is padded by what the taps reach; where the stride leaves input over, the result is cut instead.
        const bottom = (outHeight - 1) * strideHeight + filterHeight - info.inHeight - padInfo.top
        const right = (outWidth - 1) * strideWidth + filterWidth - info.inWidth - padInfo.left
        const images = run.call('Transpose', { x }, { perm: [3, 1, 2, 0] })
        const filter = run.call('Transpose', { x: dy }, { perm: [1, 2, 0, 3] })
        const sums = run.call(
          'Conv2D',
          { x: images, filter },
          {
            strides: [1, 1],
            pad: [
              [0, 0],
              [padInfo.top, Math.max(0, bottom)],
              [padInfo.left, Math.max(0, right)],
              [0, 0],
            ],
            dataFormat: 'NHWC',
            dilations: [strideHeight, strideWidth],
          },
        )
        const cut = run.call(
          'Slice',
          { x: sums },
          { begin: [0, 0, 0, 0], size: [inChannels, filterHeight, filterWidth, outChannels] },
        )
        return run.call('Transpose', { x: cut }, { perm: [1, 2, 0, 3] })
      })
    },
}
