/** Convolution kernels. */

import {
  convolution,
  convolutionFilter,
  convolutionInput,
  depthwiseConvolution,
  depthwiseConvolutionFilter,
  depthwiseConvolutionInput,
} from '../build/convolution.ts'
import { reshape } from '../build/layout.ts'
import { binary } from '../build/pointwise.ts'
import { channelsFirst, channelsLast, convolutionOf } from '../build/spatial.ts'
import { sizeOf } from '../element.ts'
import type { Value } from '../graph.ts'
import type { KernelAttributes, Lowering, Lowerings } from '../kernel.ts'
import { activate } from './unary.ts'

const isFirst = (attributes: KernelAttributes): boolean => attributes['dataFormat'] === 'NCHW'

/** The kernel's data format is tfjs's default, channels last, unless it says otherwise. */
const toLast = (x: Value, attributes: KernelAttributes): Value =>
  isFirst(attributes) ? channelsLast(x) : x
const fromLast = (x: Value, attributes: KernelAttributes): Value =>
  isFirst(attributes) ? channelsFirst(x) : x

const last = (attributes: KernelAttributes): KernelAttributes => ({
  ...attributes,
  dataFormat: 'NHWC',
})

const forward: Lowering = (inputs, attributes) => {
  const x = toLast(inputs.get('x'), attributes)
  const filter = inputs.get('filter')
  return fromLast(
    convolution(x, filter, convolutionOf(x.shape, filter.shape, last(attributes))),
    attributes,
  )
}

const depthwise: Lowering = (inputs, attributes) => {
  const x = toLast(inputs.get('x'), attributes)
  const filter = inputs.get('filter')
  const spatial = convolutionOf(x.shape, filter.shape, last(attributes), true)
  return fromLast(depthwiseConvolution(x, filter, spatial), attributes)
}

function byInput(isDepthwise: boolean): Lowering {
  return (inputs, attributes, graph) => {
    const dy = toLast(inputs.get('dy'), attributes)
    const filter = inputs.get('filter')
    const given = attributes['inputShape'] as number[]
    const shape = isFirst(attributes) ? [given[0], given[2], given[3], given[1]] : given
    const spatial = convolutionOf(shape as number[], filter.shape, last(attributes), isDepthwise)
    if (sizeOf(dy.shape) === 0) return graph.fill(given, 0, dy.type)
    const compute = isDepthwise ? depthwiseConvolutionInput : convolutionInput
    return fromLast(compute(dy, filter, spatial), attributes)
  }
}

function byFilter(isDepthwise: boolean): Lowering {
  return (inputs, attributes, graph) => {
    const [x, dy] = [toLast(inputs.get('x'), attributes), toLast(inputs.get('dy'), attributes)]
    const shape = attributes['filterShape'] as number[]
    const spatial = convolutionOf(x.shape, shape, last(attributes), isDepthwise)
    if (sizeOf(dy.shape) === 0 || sizeOf(x.shape) === 0) return graph.fill(shape, 0, x.type)
    return (isDepthwise ? depthwiseConvolutionFilter : convolutionFilter)(x, dy, spatial)
  }
}

function fused(convolve: Lowering): Lowering {
  return (inputs, attributes, graph) => {
    const result = convolve(inputs, attributes, graph) as Value
    const bias = inputs.find('bias')
    const weights = inputs.find('preluActivationWeights')
    const shaped = (value: Value): Value =>
      isFirst(attributes) && value.shape.length === 1
        ? reshape(value, [value.shape[0] as number, 1, 1])
        : value
    return activate(
      bias === undefined ? result : binary('Add', result, shaped(bias)),
      (attributes['activation'] ?? 'linear') as string,
      attributes['leakyreluAlpha'] as number | undefined,
      weights === undefined ? undefined : shaped(weights),
    )
  }
}

export const convolutionKernels: Lowerings = {
  Conv2D: forward,
  Conv2DBackpropInput: byInput(false),
  Conv2DBackpropFilter: byFilter(false),
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2dNativeBackpropInput: byInput(true),
  DepthwiseConv2dNativeBackpropFilter: byFilter(true),
  Conv3D: forward,
  Conv3DBackpropInputV2: byInput(false),
  Conv3DBackpropFilterV2: byFilter(false),
  FusedConv2D: fused(forward),
  FusedDepthwiseConv2D: fused(depthwise),
}
