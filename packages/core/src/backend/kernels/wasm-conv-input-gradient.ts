/**
 * `Conv2DBackpropInput` on wasm: the input gradient of a convolution, which is also the transposed convolution. The
 * stock kernel is a plain loop, 7 to 15 times slower than what follows, and every decoder runs on it.
 *
 * Stride 1: the convolution of dy with the filter turned by half a turn, its channels exchanged. Otherwise one product
 * dy·filterᵀ gives each position's patch, and the patches are added up where they overlap, always in the same order.
 */

import type { TensorInfo } from '@tensorflow/tfjs-core'
import { backend_util } from '@tensorflow/tfjs-core'
import type { KernelRun, WasmHandle } from './kernel-run.ts'
import { composite } from './kernel-run.ts'
import type { Replacement } from './replacement.ts'
import type { ConvGradientAttrs } from './wasm-conv-filter-gradient.ts'
import { checkChannelsLast } from './wasm-conv-filter-gradient.ts'

type Info = ReturnType<typeof backend_util.computeConv2DInfo>

/** Patches of as many images at a time as fit the processor's cache: a quarter of a million numbers. */
const patchNumbers = 1 << 18

export const wasmConvInputGradient: Replacement = {
  kernelName: 'Conv2DBackpropInput',
  backendName: 'wasm',
  reason: 'a plain loop 7 to 15 times slower than the blocked convolution and product',
  make:
    () =>
    ({ inputs, attrs, backend }) => {
      const dy = inputs['dy'] as TensorInfo
      const filter = inputs['filter'] as TensorInfo
      const { strides, pad, dataFormat, dimRoundingMode, inputShape } =
        attrs as unknown as ConvGradientAttrs & { inputShape: [number, number, number, number] }
      checkChannelsLast('Conv2DBackpropInput', dataFormat)
      const filterShape = filter.shape as [number, number, number, number]
      const info = backend_util.computeConv2DInfo(
        inputShape,
        filterShape,
        strides,
        1,
        pad,
        dimRoundingMode,
      )
      return composite<WasmHandle>('wasm', backend, (run) => {
        const convolved = turnedConvolution(run, dy, filter, info)
        return convolved ?? addedPatches(run, dy, filter, info)
      })
    },
}

/** dx for stride 1; undefined where the stride is larger or the padding wider than the filter. */
function turnedConvolution(
  run: KernelRun<WasmHandle>,
  dy: TensorInfo,
  filter: TensorInfo,
  info: Info,
): TensorInfo | undefined {
  const { filterHeight, filterWidth, padInfo, inHeight, inWidth, outHeight, outWidth } = info
  const top = filterHeight - 1 - padInfo.top
  const left = filterWidth - 1 - padInfo.left
  const bottom = inHeight + filterHeight - 1 - outHeight - top
  const right = inWidth + filterWidth - 1 - outWidth - left
  const inside = Math.min(top, left, bottom, right) >= 0
  const filled = Math.min(info.batchSize, outHeight, outWidth) > 0
  if (info.strideHeight !== 1 || info.strideWidth !== 1 || !inside || !filled) return undefined
  const turned = run.call('Reverse', { x: filter }, { dims: [0, 1] })
  const exchanged = run.call('Transpose', { x: turned }, { perm: [0, 1, 3, 2] })
  return run.call(
    'Conv2D',
    { x: dy, filter: exchanged },
    {
      strides: [1, 1],
      pad: [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ],
      dataFormat: 'NHWC',
      dilations: [1, 1],
    },
  )
}

function addedPatches(
  run: KernelRun<WasmHandle>,
  dy: TensorInfo,
  filter: TensorInfo,
  info: Info,
): TensorInfo {
  const { batchSize, outHeight, outWidth, outChannels } = info
  const patch = info.filterHeight * info.filterWidth * info.inChannels
  const positions = outHeight * outWidth
  const dx = run.own(run.backend.makeOutput(info.inShape, 'float32'))
  run.backend.typedArrayFromHeap(dx).fill(0)
  if (batchSize * positions === 0) return dx
  const rows = run.reshape(filter, [1, patch, outChannels])
  const filterTransposed = run.call('Transpose', { x: rows }, { perm: [0, 2, 1] })
  const images = Math.max(1, Math.min(batchSize, Math.floor(patchNumbers / (positions * patch))))
  for (let first = 0; first < batchSize; first += images) {
    const count = Math.min(images, batchSize - first)
    const slopes = run.call(
      'Slice',
      { x: dy },
      { begin: [first, 0, 0, 0], size: [count, outHeight, outWidth, outChannels] },
    )
    const flat = run.reshape(slopes, [1, count * positions, outChannels])
    const patches = run.call(
      'BatchMatMul',
      { a: flat, b: filterTransposed },
      { transposeA: false, transposeB: false },
    )
    addPatches(
      run.backend.typedArrayFromHeap(dx),
      run.backend.typedArrayFromHeap(patches),
      first,
      count,
      info,
    )
  }
  return dx
}

/** Adds the patches `[count, outHeight, outWidth, filterHeight, filterWidth, channels]` to dx from image `first` on. */
function addPatches(
  dx: { [index: number]: number },
  patches: ArrayLike<number>,
  first: number,
  count: number,
  info: Info,
): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth } = info
  const { strideHeight, strideWidth, padInfo } = info
  const rowLength = filterWidth * inChannels
  let row = 0
  for (let image = first; image < first + count; image++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        const x = j * strideWidth - padInfo.left
        const from = Math.max(0, -x) * inChannels
        const until = Math.min(filterWidth, inWidth - x) * inChannels
        for (let a = 0; a < filterHeight; a++, row += rowLength) {
          const y = i * strideHeight - padInfo.top + a
          if (y < 0 || y >= inHeight) continue
          const target = ((image * inHeight + y) * inWidth + x) * inChannels
          for (let k = from; k < until; k++) dx[target + k]! += patches[row + k]!
        }
      }
    }
  }
}
