import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { gradient } from './gradient.ts'

type Reduction = (x: Tensor, axis?: number | number[], keepDims?: boolean) => Tensor

const reductions: Record<string, Reduction> = {
  sum: tf.sum,
  mean: tf.mean,
  prod: tf.prod,
  max: tf.max,
  min: tf.min,
  logSumExp: tf.logSumExp,
  moments: (x, axis, keepDims) => tf.moments(x, axis, keepDims).variance,
}

describe.each(Object.entries(reductions))('%s', (_, reduce) => {
  test.each<[string, number | number[] | undefined, boolean]>([
    ['over all', undefined, false],
    ['over the first axis', 0, false],
    ['over the last axis, kept', -1, true],
    ['over two axes', [0, 2], false],
    ['over two axes, kept', [1, -1], true],
  ])('%s, to second order', (__, axis, keepDims) => {
    const x = seededTensor([2, 3, 2], { low: -1.3, high: 1.5 })
    // Squared first, so that the second derivative is not zero.
    checkGradient((x) => reduce(tf.mul(tf.square(x), x), axis, keepDims), [x], {
      order: 2,
      step: 0.01,
      tolerance: 1e-3,
    })
  })
})

test('max and min share the gradient among ties', () => {
  const x = tf.tensor2d([
    [1, 3, 3],
    [2, 2, 2],
  ])
  const [most] = gradient(() => tf.sum(tf.max(x, 1)), [x]) as [Tensor]
  expect(Array.from(most.dataSync())).toEqual([0, 0.5, 0.5, ...Array(3).fill(Math.fround(1 / 3))])
  const [least] = gradient(() => tf.sum(tf.min(x, 1)), [x]) as [Tensor]
  expect(Array.from(least.dataSync())).toEqual([1, 0, 0, ...Array(3).fill(Math.fround(1 / 3))])
})

describe.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('cumulative, exclusive %s, reverse %s', (exclusive, reverse) => {
  test.each([0, 1])('cumsum and cumprod along axis %i, to second order', (axis) => {
    const x = seededTensor([3, 3], { low: 0.4, high: 1.6 })
    checkGradient((x) => tf.square(tf.cumsum(x, axis, exclusive, reverse)), [x], { order: 2 })
    checkGradient((x) => tf.cumprod(x, axis, exclusive, reverse), [x], {
      order: 2,
      step: 0.01,
      tolerance: 1e-3,
    })
  })

  test('cumprod past zeros', () => {
    const x = tf.tensor2d([
      [0.5, 0, 1.5, 0.7],
      [0, 2, 0, 0.3],
      [0.4, 1.2, 0.6, 0],
    ])
    checkGradient((x) => tf.cumprod(x, 1, exclusive, reverse), [x], { step: 0.01 })
  })
})

test('prod past zeros, to second order', () => {
  const x = tf.tensor2d([
    [0.5, 0, 1.5],
    [0, 2, 0.3],
    [0.4, 1.2, 0.6],
  ])
  checkGradient((x) => tf.prod(x, 1), [x], { order: 2, step: 0.01 })
  checkGradient((x) => tf.prod(x, 1), [tf.tensor2d([[0, 0, 2]])])
})

test('sums over nothing', () => {
  const x = tf.zeros([0, 2])
  const [slope] = gradient(() => tf.sum(tf.sum(x, 0)), [x]) as [Tensor]
  expect(slope.shape).toEqual([0, 2])
})
