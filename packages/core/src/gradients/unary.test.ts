import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { gradient } from './gradient.ts'
import { higherOrder } from './higher-order.ts'

type Unary = (x: Tensor) => Tensor

/** Function, lower and upper end of its arguments. */
const functions: Record<string, [Unary, number, number]> = {
  neg: [tf.neg, -2, 2],
  identity: [tf.clone, -2, 2],
  'abs, below 0': [tf.abs, -2, -0.1],
  'abs, above 0': [tf.abs, 0.1, 2],
  square: [tf.square, -2, 2],
  sqrt: [tf.sqrt, 0.5, 2],
  rsqrt: [tf.rsqrt, 0.5, 2],
  reciprocal: [tf.reciprocal, 0.5, 2],
  exp: [tf.exp, -2, 1],
  expm1: [tf.expm1, -2, 1],
  log: [tf.log, 0.5, 2],
  log1p: [tf.log1p, -0.4, 2],
  sin: [tf.sin, -2, 2],
  cos: [tf.cos, -2, 2],
  tan: [tf.tan, -0.8, 0.8],
  asin: [tf.asin, -0.7, 0.7],
  acos: [tf.acos, -0.7, 0.7],
  atan: [tf.atan, -2, 2],
  sinh: [tf.sinh, -1.5, 1.5],
  cosh: [tf.cosh, -1.5, 1.5],
  asinh: [tf.asinh, -2, 2],
  acosh: [tf.acosh, 1.5, 3],
  atanh: [tf.atanh, -0.7, 0.7],
  erf: [tf.erf, 0.1, 2],
  clip: [(x) => tf.clipByValue(x, -0.5, 0.75), -0.4, 0.6],
  'clip, outside': [(x) => tf.mul(tf.clipByValue(x, -0.5, 0.5), x), 0.6, 2],
  cast: [(x) => tf.cast(x, 'float32'), -1, 1],
}

test.each(Object.entries(functions))('%s, to second order', (_, [fn, low, high]) => {
  const x = seededTensor([2, 3], { low, high })
  expect(() => checkGradient(fn, [x], { order: 2, step: 0.01 })).not.toThrow()
})

test('composed with itself twice over, to second order, so that no saved output can be cut off', () => {
  const x = seededTensor([3], { low: 0.4, high: 0.9 })
  for (const fn of [tf.exp, tf.sqrt, tf.rsqrt, tf.expm1, tf.tanh, tf.sigmoid, tf.reciprocal]) {
    checkGradient((x) => tf.mul(x, fn(tf.mul(x, fn(x as never)) as never)), [x], {
      order: 2,
      step: 0.01,
    })
  }
})

test('the third derivative of x exp x', () => {
  const x = tf.scalar(0.5)
  let derivative = (): Tensor => tf.mul(x, tf.exp(x))
  for (let order = 0; order < 2; order++) {
    const lower = derivative
    derivative = () => gradient(lower, [x])[0] as Tensor
  }
  const [third] = gradient(derivative, [x]) as [Tensor]
  expect(third.dataSync()[0]).toBeCloseTo((0.5 + 3) * Math.exp(0.5), 4)
})

test('the same through tfjs’s own tf.grad', () => {
  const second = tf.grad(tf.grad((x) => tf.mul(x, tf.exp(x))))
  expect(second(tf.scalar(0.5)).dataSync()[0]).toBeCloseTo((0.5 + 2) * Math.exp(0.5), 4)
})

test('a form recorded in a higherOrder scope still holds after the scope', () => {
  const x = tf.scalar(0.5)
  const [outer] = gradient(() => {
    const y = higherOrder(() => tf.mul(x, tf.exp(x)))
    return gradient(() => tf.mul(y, 1), [x])[0] as Tensor
  }, [x]) as [Tensor]
  expect(outer.dataSync()[0]).toBeCloseTo((0.5 + 2) * Math.exp(0.5), 4)
})

test('outside such a scope the second derivative is refused, not silently wrong', () => {
  const x = tf.scalar(0.5)
  const before = tf.memory().numTensors
  const attempt = (): unknown =>
    gradient(() => {
      const y = tf.mul(x, tf.exp(x))
      return gradient(() => tf.mul(y, 1), [x])[0] as Tensor
    }, [x])
  expect(attempt).toThrow(/second derivative passes through Exp.*higherOrder/s)
  expect(tf.memory().numTensors).toBe(before)
})
