/**
 * Gradients of convolutions, and of the kernels that these gradients use (a convolution is linear in each operand, so
 * three kernels are closed under differentiation: the convolution, its input gradient, its filter gradient).
 *
 * tfjs's gradient kernels know no dilation (or, on cpu, ignore it silently): a dilated filter is written out with zeros between its taps.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'
import { runKernel, spreadAxis } from './helpers.ts'

interface ConvolutionKernels {
  readonly forward: string
  readonly inputGradient: string
  readonly filterGradient: string
  /** The number of spatial axes. */
  readonly axes: number
}

const families: readonly ConvolutionKernels[] = [
  {
    forward: 'Conv2D',
    inputGradient: 'Conv2DBackpropInput',
    filterGradient: 'Conv2DBackpropFilter',
    axes: 2,
  },
  {
    forward: 'DepthwiseConv2dNative',
    inputGradient: 'DepthwiseConv2dNativeBackpropInput',
    filterGradient: 'DepthwiseConv2dNativeBackpropFilter',
    axes: 2,
  },
  {
    forward: 'Conv3D',
    inputGradient: 'Conv3DBackpropInputV2',
    filterGradient: 'Conv3DBackpropFilterV2',
    axes: 3,
  },
]

/** Gradients of Conv2D, DepthwiseConv2dNative, Conv3D and of their six gradient kernels. */
export const convolution: readonly KernelGradient[] = families.flatMap((family) => {
  const { forward, inputGradient, filterGradient } = family
  return [
    defineGradient(forward, {
      save: ['x', 'filter'],
      backward: (dy, { x, filter }, { attributes }) => {
        const rates = dilationsOf(attributes['dilations'], family)
        return {
          x: () =>
            runKernel(
              inputGradient,
              { dy, filter: dilate(filter, rates) },
              { ...plain(attributes, family), inputShape: x.shape },
            ),
          filter: () => {
            const filterShape = dilatedShape(filter.shape, rates)
            const dilated = runKernel(
              filterGradient,
              { x, dy },
              { ...plain(attributes, family), filterShape },
            )
            return pickTaps(dilated, filter.shape, rates)
          },
        }
      },
    }),
    defineGradient(inputGradient, {
      save: ['dy', 'filter'],
      backward: (dx, { dy, filter }, { attributes }) => ({
        dy: () => runKernel(forward, { x: dx, filter }, plain(attributes, family)),
        filter: () =>
          runKernel(
            filterGradient,
            { x: dx, dy },
            { ...plain(attributes, family), filterShape: filter.shape },
          ),
      }),
    }),
    defineGradient(filterGradient, {
      save: ['x', 'dy'],
      backward: (dfilter, { x, dy }, { attributes }) => ({
        x: () =>
          runKernel(
            inputGradient,
            { dy, filter: dfilter },
            { ...plain(attributes, family), inputShape: x.shape },
          ),
        dy: () => runKernel(forward, { x, filter: dfilter }, plain(attributes, family)),
      }),
    }),
  ]
})

function ones(family: ConvolutionKernels): number[] {
  return Array.from({ length: family.axes }, () => 1)
}

function dilationsOf(dilations: unknown, family: ConvolutionKernels): number[] {
  if (Array.isArray(dilations)) return dilations as number[]
  return ones(family).map(() => (dilations as number | undefined) ?? 1)
}

/** The attributes of an undilated convolution and of its gradient kernels, from those of any of them. */
function plain(attributes: object, family: ConvolutionKernels): object {
  const dataFormat = family.axes === 3 ? 'NDHWC' : 'NHWC'
  return { dataFormat, ...attributes, dilations: ones(family) }
}

function dilatedShape(shape: readonly number[], rates: readonly number[]): number[] {
  return shape.map((extent, i) => (extent - 1) * (rates[i] ?? 1) + 1)
}

/** The filter with zeros between its taps. */
function dilate(filter: Tensor, rates: readonly number[]): Tensor {
  return rates.reduce((spread, rate, axis) => {
    if (rate === 1) return spread
    return spreadAxis(spread, axis, 0, rate, ((filter.shape[axis] as number) - 1) * rate + 1)
  }, filter)
}

/** The transpose of {@link dilate}. */
function pickTaps(dilated: Tensor, shape: readonly number[], rates: readonly number[]): Tensor {
  if (rates.every((rate) => rate === 1)) return dilated
  const strides = shape.map((_, i) => rates[i] ?? 1)
  return tf.stridedSlice(
    dilated,
    shape.map(() => 0),
    dilated.shape,
    strides,
  )
}
