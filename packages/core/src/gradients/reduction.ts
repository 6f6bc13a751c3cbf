/** Gradients of reductions and cumulative sums and products. */
import type { CumsumAttrs, MaxAttrs, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'
import { broadcast, indicator, keepWhere, keptShape, parseAxes, sizeOf } from './helpers.ts'
import { stopGradient } from './stop-gradient.ts'

/** Gradients of Sum, Mean, Prod, Max, Min, Cumsum, Cumprod. */
export const reduction: readonly KernelGradient[] = [
  defineGradient('Sum', {
    backward: (dy, _, { attributes, shape }) => ({
      x: () => spread(dy, shape('x'), attributes['axis']),
    }),
  }),
  defineGradient('Mean', {
    backward: (dy, _, { attributes, shape }) => ({
      x: () => {
        const count = sizeOf(
          parseAxes(attributes['axis'], shape('x').length).map((a) => shape('x')[a] as number),
        )
        return spread(tf.mul(dy, 1 / count), shape('x'), attributes['axis'])
      },
    }),
  }),
  defineGradient('Prod', {
    save: ['x'],
    backward: (dy, { x }, { attributes }) => ({
      x: () => productGradient(dy, x, attributes['axis']),
    }),
  }),
  extremum('Max'),
  extremum('Min'),
  defineGradient('Cumsum', {
    backward: (dy, _, { attributes }) => ({
      x: () => {
        const { axis, exclusive, reverse } = attributes as unknown as CumsumAttrs
        return tf.cumsum(dy, axis, exclusive, !reverse)
      },
    }),
  }),
  defineGradient('Cumprod', {
    save: ['x'],
    backward: (dy, { x }, { attributes }) => ({
      x: () => cumulativeProductGradient(dy, x, attributes),
    }),
  }),
]

/** Repeats the gradient of a reduction along the axes that it reduced. */
function spread(dy: Tensor, shape: readonly number[], axis: unknown): Tensor {
  const kept = keptShape(shape, parseAxes(axis, shape.length))
  return broadcast(tf.reshape(dy, kept), shape)
}

/** Max and Min: the gradient is shared evenly among ties, as in JAX and PyTorch's amax. */
function extremum(kernel: 'Max' | 'Min'): KernelGradient {
  return defineGradient(kernel, {
    save: ['x'],
    output: 0,
    backward: (dy, { x, output }, { attributes }) => ({
      x: () => {
        const axes = parseAxes(
          (attributes as unknown as MaxAttrs).reductionIndices ?? attributes['axis'],
          x.rank,
        )
        const kept = keptShape(x.shape, axes)
        const chosen = indicator(tf.equal(x, tf.reshape(output, kept)))
        const share = tf.div(tf.reshape(dy, kept), stopGradient(tf.sum(chosen, axes, true)))
        return tf.mul(chosen, share)
      },
    }),
  })
}

/** dx = dy · the product of all others, from both sides, so that zeros need no division. */
function productGradient(dy: Tensor, x: Tensor, axis: unknown): Tensor {
  const axes = parseAxes(axis, x.rank)
  const order = [...x.shape.keys()].filter((i) => !axes.includes(i)).concat(axes)
  const front = order.map((i) => x.shape[i] as number)
  const count = sizeOf(axes.map((i) => x.shape[i] as number))
  const flat = tf.reshape(tf.transpose(x, order), [-1, count])
  const before = tf.cumprod(flat, 1, true)
  const after = tf.cumprod(flat, 1, true, true)
  const rows = tf.mul(tf.mul(before, after), tf.reshape(dy, [-1, 1]))
  const inverse = order.map((_, i) => order.indexOf(i))
  return tf.transpose(tf.reshape(rows, front), inverse)
}

/**
 * y_j = Π_{i≤j} x_i, so dx_i = Σ_{j≥i} dy_j y_j / x_i. A zero cannot be divided out: for the first zero of a row the
 * product is taken with 1 in its place, and what stands behind it has no influence at all.
 */
function cumulativeProductGradient(dy: Tensor, x: Tensor, attributes: NamedAttrMap): Tensor {
  const { axis, exclusive, reverse } = attributes as unknown as CumsumAttrs
  const zero = tf.equal(x, 0)
  const zerosSoFar = tf.cumsum(indicator(zero), axis, false, reverse)
  const firstZero = tf.logicalAnd(zero, tf.equal(zerosSoFar, 1))
  const withoutZeros = tf.where(zero, tf.onesLike(x), x)
  const withoutFirst = tf.where(firstZero, tf.onesLike(x), x)
  const gathered = (factors: Tensor): Tensor =>
    tf.cumsum(tf.mul(dy, tf.cumprod(factors, axis, exclusive, reverse)), axis, exclusive, !reverse)
  const elsewhere = keepWhere(tf.logicalNot(zero), tf.div(gathered(x), withoutZeros))
  return tf.add(elsewhere, keepWhere(firstZero, gathered(withoutFirst)))
}
