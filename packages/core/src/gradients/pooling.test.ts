import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { gradient } from './gradient.ts'
import { higherOrder } from './higher-order.ts'

type Pool = (x: Tensor) => Tensor

const pools: Record<string, [Pool, number[]]> = {
  'average 2x2, stride 2': [(x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'), [1, 4, 4, 2]],
  'average 3x2, stride 1, valid': [
    (x) => tf.avgPool(x as tf.Tensor4D, [3, 2], 1, 'valid'),
    [1, 4, 4, 1],
  ],
  'average 3x3, stride 1, same': [(x) => tf.avgPool(x as tf.Tensor4D, 3, 1, 'same'), [1, 4, 3, 1]],
  'average 3x3, stride 2, same': [(x) => tf.avgPool(x as tf.Tensor4D, 3, 2, 'same'), [1, 5, 4, 2]],
  'average 3x3, padding 1': [(x) => tf.avgPool(x as tf.Tensor4D, 3, 2, 1), [1, 5, 3, 1]],
  'maximum 2x2, stride 2': [(x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), [1, 4, 4, 2]],
  'maximum 3x3, stride 1, same': [(x) => tf.maxPool(x as tf.Tensor4D, 3, 1, 'same'), [1, 4, 3, 1]],
  'maximum 2x2, stride 2, with a remainder': [
    (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
    [1, 5, 3, 1],
  ],
  'maximum 3x3, padding 1': [(x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 1), [1, 5, 3, 1]],
  'average in 3 dimensions': [
    (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 1, 'valid'),
    [1, 2, 3, 2, 1],
  ],
  'average in 3 dimensions, same': [
    (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, 'same'),
    [1, 3, 2, 3, 1],
  ],
  'maximum in 3 dimensions': [(x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'same'), [1, 3, 2, 2, 1]],
  'maximum with places': [
    (x) => tf.maxPoolWithArgmax(x as tf.Tensor4D, 2, 2, 'valid').result as Tensor,
    [2, 4, 2, 1],
  ],
  'maximum with places in the batch': [
    (x) => tf.maxPoolWithArgmax(x as tf.Tensor4D, 2, 2, 'valid', true).result as Tensor,
    [2, 4, 2, 1],
  ],
}

test.each(Object.entries(pools))('%s, to second order', (_, [pool, shape]) => {
  // Squares, so that the gradient of the gradient is not zero; 1.5 keeps them increasing.
  const x = tf.add(seededTensor(shape), 1.5)
  checkGradient((x) => pool(tf.square(x)), [x], { order: 2, step: 0.004, tolerance: 2e-3 })
})

test('maximum pooling gives a tie to one place only, in both forms', () => {
  const x = tf.ones([1, 4, 4, 1])
  const loss = (): Tensor => tf.sum(tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))
  const [cheap] = gradient(loss, [x]) as [Tensor]
  const [composed] = gradient(() => higherOrder(loss), [x]) as [Tensor]
  expect(tf.sum(cheap).dataSync()[0]).toBe(4)
  expect(Array.from(composed.dataSync())).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0])
})
