import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { gradient, valueAndGradient } from './gradient.ts'

test('a small network', () => {
  const x = tf.tensor2d([0.3, -0.2, 0.5, 1.1, 0.7, -0.9], [2, 3])
  const w = tf.tensor2d([0.3, -0.2, 0.5, 0.1, 0.7, -0.4], [3, 2])
  const b = tf.tensor1d([0.1, -0.3])
  expect(
    checkGradient(
      (x, w, b) => tf.tanh(tf.add(tf.matMul(x as never, w as never), b as Tensor)),
      [x, w, b],
      { order: 2 },
    ),
  ).toBeLessThan(3e-4)
})
test('leaks nothing', () => {
  const x = tf.tensor1d([1, 2, 3])
  const before = tf.memory().numTensors
  const { values, gradients } = valueAndGradient(
    () => ({ loss: tf.sum(tf.exp(x)), metric: tf.mean(x), x }),
    [x],
  )
  expect(tf.memory().numTensors - before).toBe(4)
  tf.dispose([values, gradients])
  tf.dispose(gradient(() => tf.sum(x), [x]))
  expect(tf.memory().numTensors).toBe(before)
})
