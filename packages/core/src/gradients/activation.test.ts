import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { logSoftmax } from './activation.ts'
import { gradient } from './gradient.ts'

type Unary = (x: Tensor) => Tensor

const activations: Record<string, Unary> = {
  relu: tf.relu,
  relu6: (x) => tf.relu6(tf.mul(x, 4)),
  leakyRelu: (x) => tf.leakyRelu(x, 0.3),
  elu: tf.elu,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  softplus: tf.softplus,
  softmax: (x) => tf.softmax(x),
  logSoftmax,
  gelu: (x) => tf.mul(x, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))),
  swish: (x) => tf.mul(x, tf.sigmoid(x)),
}

describe.each(Object.entries(activations))('%s', (_, activation) => {
  test('alone, to second order', () => {
    const x = seededTensor([2, 4], { low: -1.9, high: 1.9, margin: 0.15 })
    checkGradient(activation, [x], { order: 2, step: 0.01, tolerance: 1e-3 })
  })

  test('in a network of two hidden layers, to second order in all weights and the input', () => {
    const x = seededTensor([2, 3])
    const weights = [
      [3, 3],
      [3, 2],
      [2, 2],
    ].map((shape, i) => seededTensor(shape, { seed: i + 2 }))
    const network = (x: Tensor, ...ws: Tensor[]): Tensor =>
      ws.reduce(
        (h, w, i) => (i < 2 ? activation(tf.add(tf.matMul(h, w), 0.1)) : tf.matMul(h, w)),
        x,
      )
    checkGradient(network, [x, ...weights], { order: 2, step: 2e-3, tolerance: 4e-3 })
  })

  test('a gradient penalty reaches the weights', () => {
    const x = seededTensor([2, 3])
    const weights = [
      [3, 3],
      [3, 3],
      [3, 1],
    ].map((shape, i) => seededTensor(shape, { seed: i + 5 }))
    const critic = (x: Tensor, ws: Tensor[]): Tensor =>
      ws.reduce(
        (h, w, i) => (i < 2 ? activation(tf.add(tf.matMul(h, w), 0.1)) : tf.matMul(h, w)),
        x,
      )
    const penalty = (...ws: Tensor[]): Tensor => {
      const [slope] = gradient(() => tf.sum(critic(x, ws)), [x]) as [Tensor]
      return tf.square(tf.sub(tf.sqrt(tf.add(tf.sum(tf.square(slope), 1), 1e-3)), 1))
    }
    checkGradient(penalty, weights, { step: 2e-3, tolerance: 4e-3 })
  })
})

test('a NaN input of softmax gives a NaN gradient, not a hidden one', () => {
  const x = tf.tensor1d([NaN, 1])
  const [slope] = gradient(() => tf.sum(tf.mul(tf.softmax(x), tf.tensor1d([1, 2]))), [x]) as [
    Tensor,
  ]
  expect(slope.dataSync().every(Number.isNaN)).toBe(true)
})

test('logSoftmax stays finite for large logits', () => {
  const x = tf.tensor2d([
    [1000, 0],
    [-1000, -1001],
  ])
  const values = Array.from(logSoftmax(x).dataSync())
  expect(values[0]).toBe(0)
  expect(values[1]).toBe(-1000)
  expect(values[2]).toBeCloseTo(-Math.log1p(Math.exp(-1)), 4)
  const [slope] = gradient(() => tf.sum(tf.mul(logSoftmax(x), tf.tensor1d([1, 0]))), [x]) as [
    Tensor,
  ]
  expect(slope.dataSync().every(Number.isFinite)).toBe(true)
})

test('a second derivative through tfjs’s own logSoftmax is refused', () => {
  const x = tf.tensor1d([0.1, 0.4])
  const attempt = (): unknown =>
    gradient(() => {
      const [slope] = gradient(() => tf.sum(tf.square(tf.logSoftmax(x))), [x]) as [Tensor]
      return tf.sum(tf.square(slope))
    }, [x])
  expect(attempt).toThrow(/logSoftmax of @winnow\/core/)
})
