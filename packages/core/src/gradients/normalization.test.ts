import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'

test.each([
  ['scale and offset', true, true],
  ['scale alone', true, false],
  ['neither', false, false],
])('batchNorm with %s, to second order', (_, withScale, withOffset) => {
  const x = seededTensor([2, 2, 1, 3])
  const mean = seededTensor([3], { seed: 2 })
  const variance = seededTensor([3], { seed: 3, low: 0.5, high: 1.5 })
  const scale = seededTensor([3], { seed: 4 })
  const offset = seededTensor([3], { seed: 5 })
  const inputs = [x, mean, variance, ...(withScale ? [scale] : []), ...(withOffset ? [offset] : [])]
  checkGradient(
    (x, mean, variance, scale, offset) =>
      tf.batchNorm(
        x as tf.Tensor4D,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D | undefined,
        scale as tf.Tensor1D | undefined,
      ),
    inputs,
    { order: 2, tolerance: 1e-3 },
  )
  expect(inputs.length).toBe(3 + Number(withScale) + Number(withOffset))
})

test('batchNorm with statistics of the batch', () => {
  const x = seededTensor([4, 3])
  const normalised = (x: tf.Tensor): tf.Tensor => {
    const { mean, variance } = tf.moments(x, 0)
    return tf.batchNorm(x as tf.Tensor2D, mean as tf.Tensor1D, variance as tf.Tensor1D)
  }
  checkGradient(normalised, [x], { order: 2, step: 0.01, tolerance: 2e-3 })
})

test('localResponseNormalization, to second order', () => {
  const x = seededTensor([1, 1, 2, 5])
  checkGradient((x) => tf.localResponseNormalization(x as tf.Tensor4D, 1, 0.7, 0.4, 0.8), [x], {
    order: 2,
    tolerance: 1e-3,
  })
})
