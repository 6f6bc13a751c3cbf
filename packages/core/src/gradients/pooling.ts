/**
 * Gradients of pooling.
 *
 * Average pooling is linear: its gradient kernel's own gradient is average pooling again. tfjs divides by the elements
 * of a window that lie on the input, and in the gradient kernel by all of them: both are corrected for that. Maximum pooling uses tfjs's
 * gradient kernel, which has no derivative; where one is needed, the same result is written as one masked, strided
 * placement for each tap of the window.
 */
import type { MaxPoolWithArgmaxAttrs, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'
import { indicator, runKernel, sizeOf, spreadAxis, zeros } from './helpers.ts'
import { refuseSecondDerivative } from './higher-order.ts'
import { stopGradient, withoutGradient } from './stop-gradient.ts'

/** Gradients of AvgPool, AvgPool3D, AvgPoolGrad, AvgPool3DGrad, MaxPool, MaxPool3D, MaxPoolWithArgmax. */
export const pooling: readonly KernelGradient[] = [
  ...average('AvgPool', 'AvgPoolGrad'),
  ...average('AvgPool3D', 'AvgPool3DGrad'),
  maximum('MaxPool', 'MaxPoolGrad'),
  maximum('MaxPool3D', 'MaxPool3DGrad'),
  defineGradient('MaxPoolWithArgmax', {
    output: 1,
    backward: (dy, { output }, { attributes, shape }) => ({
      x: () => {
        const { includeBatchInIndex } = attributes as unknown as MaxPoolWithArgmaxAttrs
        const [batch = 1, ...image] = shape('x')
        const size = sizeOf(image)
        const places = tf.reshape(output, [batch, -1])
        const starts = tf.reshape(
          tf.mul(tf.range(0, batch, 1, 'int32'), tf.scalar(size, 'int32')),
          [batch, 1],
        )
        const flat = includeBatchInIndex ? places : tf.add(places, starts)
        const ids = tf.reshape(tf.cast(flat, 'int32'), [output.size])
        return tf.reshape(
          tf.unsortedSegmentSum(tf.reshape(dy, [dy.size]), ids as tf.Tensor1D, batch * size),
          shape('x'),
        )
      },
    }),
  }),
]

function average(forward: string, backward: string): KernelGradient[] {
  return [
    defineGradient(forward, {
      backward: (dy, _, { attributes, shape }) => ({
        x: () => {
          const share = paddedShare(windowOf(shape('x'), attributes), shape('x'))
          // The kernel asks for the input, of which it reads the shape alone.
          const input = withoutGradient(() => zeros(shape('x')))
          return runKernel(
            backward,
            { dy: share === undefined ? dy : tf.div(dy, share), input },
            attributes,
          )
        },
      }),
    }),
    defineGradient(backward, {
      backward: (dx, _, { attributes, shape }) => ({
        dy: () => {
          const share = paddedShare(windowOf(shape('input'), attributes), shape('input'))
          const mean = runKernel(forward, { x: dx }, attributes)
          return share === undefined ? mean : tf.mul(mean, share)
        },
        input: () => zeros(shape('input')),
      }),
    }),
  ]
}

function maximum(forward: string, backward: string): KernelGradient {
  return defineGradient(
    forward,
    {
      save: ['x'],
      output: 0,
      backward: (dy, { x, output }, { attributes }) => {
        refuseSecondDerivative(forward)
        return { x: () => runKernel(backward, { dy, input: x, output }, attributes) }
      },
    },
    {
      save: ['x'],
      output: 0,
      backward: (dy, { x, output }, { attributes }) => ({
        x: () =>
          placeMaxima(dy, stopGradient(x), stopGradient(output), windowOf(x.shape, attributes)),
      }),
    },
  )
}

/** Filter, stride, padding before and output extent of each spatial axis. */
interface Window {
  readonly filter: number[]
  readonly stride: number[]
  readonly before: number[]
  readonly out: number[]
}

function windowOf(shape: number[], attributes: NamedAttrMap): Window {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as never
  if (shape.length === 4) {
    const plan = tf.backend_util.computePool2DInfo(
      shape as [number, number, number, number],
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    )
    return {
      filter: [plan.filterHeight, plan.filterWidth],
      stride: [plan.strideHeight, plan.strideWidth],
      before: [plan.padInfo.top, plan.padInfo.left],
      out: [plan.outHeight, plan.outWidth],
    }
  }
  const plan = tf.backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  )
  return {
    filter: [plan.filterDepth, plan.filterHeight, plan.filterWidth],
    stride: [plan.strideDepth, plan.strideHeight, plan.strideWidth],
    before: [plan.padInfo.front, plan.padInfo.top, plan.padInfo.left],
    out: [plan.outDepth, plan.outHeight, plan.outWidth],
  }
}

/**
 * The share of each window that lies on the input, [1, ...out, 1]; undefined where all lie on it whole.
 */
function paddedShare(window: Window, shape: readonly number[]): Tensor | undefined {
  const { filter, stride, before, out } = window
  const shares = out.map((extent, axis) =>
    Array.from({ length: extent }, (_, i) => {
      const start = i * at(stride, axis) - at(before, axis)
      const end = Math.min(start + at(filter, axis), at(shape, axis + 1))
      return (end - Math.max(start, 0)) / at(filter, axis)
    }),
  )
  if (shares.every((share) => share.every((part) => part === 1))) return undefined
  const values = shares.reduce((all, share) => all.flatMap((a) => share.map((b) => a * b)), [1])
  return withoutGradient(() => tf.tensor(values, [1, ...out, 1], 'float32'))
}

/** Adds each output's gradient to the first input of its window that attains the maximum. */
function placeMaxima(dy: Tensor, x: Tensor, y: Tensor, window: Window): Tensor {
  const { filter, stride, before, out } = window
  const reach = out.map((n, i) =>
    Math.max((n - 1) * at(stride, i) + at(filter, i), at(before, i) + at(x.shape, i + 1)),
  )
  const padding = x.shape.map((extent, axis): [number, number] => {
    if (axis === 0 || axis === x.rank - 1) return [0, 0]
    return [at(before, axis - 1), at(reach, axis - 1) - at(before, axis - 1) - extent]
  })
  const padded = withoutGradient(() => tf.pad(x, padding, -3e38))
  let free = withoutGradient(() => tf.onesLike(y))
  let total: Tensor | undefined
  for (const tap of taps(filter)) {
    const chosen = withoutGradient(() => {
      const begin = [0, ...tap, 0]
      const strides = [1, ...stride, 1]
      const end = begin.map((b, axis) => b + (at(y.shape, axis) - 1) * at(strides, axis) + 1)
      return tf.mul(indicator(tf.equal(tf.stridedSlice(padded, begin, end, strides), y)), free)
    })
    free = withoutGradient(() => tf.sub(free, chosen))
    let placed = tf.mul(dy, chosen)
    tap.forEach((offset, i) => {
      placed = spreadAxis(placed, i + 1, offset, at(stride, i), at(reach, i))
    })
    total = total === undefined ? placed : tf.add(total, placed)
  }
  return tf.slice(
    total as Tensor,
    padding.map(([front]) => front),
    x.shape,
  )
}

function at(values: readonly number[], i: number): number {
  return values[i] as number
}

/** All offsets inside a window, the last axis fastest. */
function taps(filter: readonly number[]): number[][] {
  return filter.reduce<number[][]>(
    (all, extent) => all.flatMap((tap) => Array.from({ length: extent }, (_, i) => [...tap, i])),
    [[]],
  )
}
