/** Gradients of two-operand arithmetic, with broadcasting: each operand's gradient is summed over what was repeated. */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'
import { copy, indicator, keepWhere, reducedCopy, reduceTo, runKernel } from './helpers.ts'

/** Gradients of Add, AddN, Sub, Multiply, RealDiv, Maximum, Minimum, SquaredDifference, Pow, Mod, Atan2, Prelu. */
export const arithmetic: readonly KernelGradient[] = [
  defineGradient('Add', {
    backward: (dy, _, { shape }) => ({
      a: () => reducedCopy(dy, shape('a')),
      b: () => reducedCopy(dy, shape('b')),
    }),
  }),
  defineGradient('AddN', {
    backward: (dy, _, { names }) => Object.fromEntries(names.map((name) => [name, () => copy(dy)])),
  }),
  defineGradient('Sub', {
    backward: (dy, _, { shape }) => ({
      a: () => reducedCopy(dy, shape('a')),
      b: () => tf.neg(reduceTo(dy, shape('b'))),
    }),
  }),
  defineGradient('Multiply', {
    save: ['a', 'b'],
    backward: (dy, { a, b }) => ({
      a: () => reduceTo(tf.mul(dy, b), a.shape),
      b: () => reduceTo(tf.mul(dy, a), b.shape),
    }),
  }),
  defineGradient('RealDiv', {
    save: ['a', 'b'],
    backward: (dy, { a, b }) => ({
      a: () => reduceTo(tf.div(dy, b), a.shape),
      // Two quotients rather than dy a / b², which overflows early.
      b: () => tf.neg(reduceTo(tf.mul(tf.div(dy, b), tf.div(a, b)), b.shape)),
    }),
  }),
  // Where both are equal, the whole gradient goes to the first, as in TensorFlow.
  defineGradient('Maximum', {
    save: ['a', 'b'],
    backward: (dy, { a, b }) => ({
      a: () => reduceTo(keepWhere(tf.greaterEqual(a, b), dy), a.shape),
      b: () => reduceTo(keepWhere(tf.less(a, b), dy), b.shape),
    }),
  }),
  defineGradient('Minimum', {
    save: ['a', 'b'],
    backward: (dy, { a, b }) => ({
      a: () => reduceTo(keepWhere(tf.lessEqual(a, b), dy), a.shape),
      b: () => reduceTo(keepWhere(tf.greater(a, b), dy), b.shape),
    }),
  }),
  defineGradient('SquaredDifference', {
    save: ['a', 'b'],
    backward: (dy, { a, b }) => ({
      a: () => reduceTo(tf.mul(dy, tf.mul(tf.sub(a, b), 2)), a.shape),
      b: () => reduceTo(tf.mul(dy, tf.mul(tf.sub(b, a), 2)), b.shape),
    }),
  }),
  defineGradient('Pow', {
    save: ['a', 'b'],
    backward: (dy, { a, b }) => ({
      a: () => {
        // At 0⁰ the slope would be 0 · 0⁻¹ = NaN, and so would every derivative through it.
        const undefinedSlope = tf.logicalAnd(tf.equal(a, 0), tf.equal(b, 0))
        const base = tf.where(undefinedSlope, tf.onesLike(a), a)
        return reduceTo(tf.mul(dy, tf.mul(b, tf.pow(base, tf.sub(b, 1)))), a.shape)
      },
      b: () => {
        const positive = tf.greater(a, 0)
        const log = tf.log(runKernel('Select', { condition: positive, t: a, e: tf.onesLike(a) }))
        return reduceTo(tf.mul(dy, tf.mul(tf.pow(a, b), log)), b.shape)
      },
    }),
  }),
  // y = a - b floor(a / b)
  defineGradient('Mod', {
    save: ['a', 'b'],
    backward: (dy, { a, b }) => ({
      a: () => reducedCopy(dy, a.shape),
      b: () => tf.neg(reduceTo(tf.mul(dy, tf.floor(tf.div(a, b))), b.shape)),
    }),
  }),
  defineGradient('Atan2', {
    save: ['a', 'b'],
    backward: (dy, { a, b }) => ({
      a: () => reduceTo(tf.mul(dy, tf.div(b, tf.add(tf.square(a), tf.square(b)))), a.shape),
      b: () => tf.neg(reduceTo(tf.mul(dy, tf.div(a, tf.add(tf.square(a), tf.square(b)))), b.shape)),
    }),
  }),
  defineGradient('Prelu', {
    save: ['x', 'alpha'],
    backward: (dy, { x, alpha }) => ({
      x: () => {
        const rising = indicator(tf.greater(x, 0))
        return reduceTo(tf.mul(dy, tf.add(rising, tf.mul(tf.sub(1, rising), alpha))), x.shape)
      },
      alpha: () => reduceTo(tf.mul(dy, tf.minimum(x, 0)), alpha.shape),
    }),
  }),
]
