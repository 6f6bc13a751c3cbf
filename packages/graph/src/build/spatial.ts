/**
 * Windows that slide over two or three axes: what tfjs (channels last) and ONNX (channels first) both need to know.
 */
import { backend_util as backendUtil } from '@tensorflow/tfjs-core'
import type { Attributes, Value } from '../graph.ts'
import { ints } from '../graph.ts'
import type { KernelAttributes } from '../kernel.ts'
import { transpose } from './layout.ts'

/** Sizes along the spatial axes, in order. */
export interface Spatial {
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  readonly inSizes: readonly number[]
  readonly outSizes: readonly number[]
  readonly filter: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly before: readonly number[]
  /** Padding behind, as much as the last window reaches over the edge. */
  readonly after: readonly number[]
  /** Elements at the end that no window reaches. */
  readonly rest: readonly number[]
}

type Quad = [number, number, number, number]
type Penta = [number, number, number, number, number]
type Pad = Parameters<typeof backendUtil.computeConv2DInfo>[4]
type Pad3 = Parameters<typeof backendUtil.computePool3DInfo>[4]

/** Of a convolution with a filter of shape `filterShape` over `shape` `[batch, ...sizes, channels]`. */
export function convolutionOf(
  shape: readonly number[],
  filterShape: readonly number[],
  attributes: KernelAttributes,
  depthwise = false,
): Spatial {
  const { strides, pad, dilations = 1, dimRoundingMode, dataFormat } = attributes
  const first = dataFormat === 'NCHW' || dataFormat === 'NCDHW' ? 'channelsFirst' : 'channelsLast'
  if (shape.length === 4) {
    return flat(
      backendUtil.computeConv2DInfo(
        shape as Quad,
        filterShape as Quad,
        strides,
        dilations,
        pad as Pad,
        dimRoundingMode,
        depthwise,
        first,
      ),
    )
  }
  return deep(
    backendUtil.computeConv3DInfo(
      shape as Penta,
      filterShape as Penta,
      strides,
      dilations,
      pad as Pad3,
      depthwise,
      first,
      dimRoundingMode,
    ),
  )
}

/** Of a pooling window. */
export function poolingOf(shape: readonly number[], attributes: KernelAttributes): Spatial {
  const { filterSize, strides, pad, dimRoundingMode, dilations = 1 } = attributes
  return shape.length === 4
    ? flat(
        backendUtil.computePool2DInfo(
          shape as Quad,
          filterSize,
          strides,
          dilations,
          pad as Pad,
          dimRoundingMode,
        ),
      )
    : deep(
        backendUtil.computePool3DInfo(
          shape as Penta,
          filterSize,
          strides,
          dilations,
          pad as Pad3,
          dimRoundingMode,
        ),
      )
}

function flat(info: ReturnType<typeof backendUtil.computeConv2DInfo>): Spatial {
  return complete(info, {
    inSizes: [info.inHeight, info.inWidth],
    outSizes: [info.outHeight, info.outWidth],
    filter: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [info.padInfo.top, info.padInfo.left],
  })
}

function deep(info: ReturnType<typeof backendUtil.computeConv3DInfo>): Spatial {
  return complete(info, {
    inSizes: [info.inDepth, info.inHeight, info.inWidth],
    outSizes: [info.outDepth, info.outHeight, info.outWidth],
    filter: [info.filterDepth, info.filterHeight, info.filterWidth],
    strides: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilations: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    before: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  })
}

type Sizes = Omit<Spatial, 'batch' | 'inChannels' | 'outChannels' | 'after' | 'rest'>

function complete(
  info: { batchSize: number; inChannels: number; outChannels: number },
  sizes: Sizes,
): Spatial {
  const reach = sizes.inSizes.map((size, axis) => {
    const [window, dilation] = [sizes.filter[axis] as number, sizes.dilations[axis] as number]
    const last = ((sizes.outSizes[axis] as number) - 1) * (sizes.strides[axis] as number)
    return last + (window - 1) * dilation + 1 - size - (sizes.before[axis] as number)
  })
  return {
    batch: info.batchSize,
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    ...sizes,
    after: reach.map((over) => Math.max(0, over)),
    rest: reach.map((over) => Math.max(0, -over)),
  }
}

/** The attributes that ONNX's convolutions and pools share. */
export function windowAttributes(spatial: Spatial): Attributes {
  return {
    kernel_shape: ints(spatial.filter),
    strides: ints(spatial.strides),
    dilations: ints(spatial.dilations),
    pads: ints([...spatial.before, ...spatial.after]),
  }
}

/** `[batch, ...sizes, channels]` to `[batch, channels, ...sizes]`. */
export function channelsFirst(x: Value): Value {
  const rank = x.shape.length
  return transpose(x, [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)])
}

/** `[batch, channels, ...sizes]` to `[batch, ...sizes, channels]`. */
export function channelsLast(x: Value): Value {
  const rank = x.shape.length
  return transpose(x, [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1])
}
