import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, registerGradients } from '@winnow/core'
import { beforeAll, expect, test } from 'vitest'
import { sampleWithoutReplacement } from './sample.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

/** The probability of each ordered pair: w_i / W times w_j / (W - w_i). */
const pairProbability = (weights: number[], i: number, j: number): number => {
  const total = weights.reduce((a, b) => a + b)
  const [first, second] = [weights[i] as number, weights[j] as number]
  return (first / total) * (second / (total - first))
}

const weights = [1, 2, 3, 6, 0]

const expectPairs = (pairs: number[][]): void => {
  const counts = new Map<string, number>()
  for (const [i, j] of pairs) counts.set(`${i},${j}`, (counts.get(`${i},${j}`) ?? 0) + 1)
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j < 5; j++) {
      const expected = i === j ? 0 : pairProbability(weights, i, j)
      const found = (counts.get(`${i},${j}`) ?? 0) / pairs.length
      expect(Math.abs(found - expected)).toBeLessThan(expected === 0 ? 1e-9 : 0.012)
    }
  }
}

test('numbers: places come in proportion to what is left', () => {
  const rng = new Rng(1)
  expectPairs(Array.from({ length: 10_000 }, () => [...sampleWithoutReplacement(weights, 2, rng)]))
})

test('a tensor: the same, for each row of its own', () => {
  const rows = tf.tile(tf.tensor2d([weights]), [10_000, 1])
  const found = sampleWithoutReplacement(rows, 2, new Rng(2))
  expect([found.dtype, found.shape]).toEqual(['int32', [10_000, 2]])
  expectPairs(found.arraySync() as number[][])
})

test('the scale of the weights does not matter, however small', () => {
  const rng = (): Rng => new Rng(3)
  const small = weights.map((weight) => weight * 1e-30)
  expect(sampleWithoutReplacement(small, 4, rng())).toEqual(
    sampleWithoutReplacement(weights, 4, rng()),
  )
  const [a, b] = [small, weights].map((w) =>
    sampleWithoutReplacement(tf.tensor1d(w), 4, rng()).dataSync(),
  )
  expect(a).toEqual(b)
})

test('a tensor falls back on places without weight, numbers refuse to', () => {
  const found = sampleWithoutReplacement(tf.tensor1d([0, 5, 0]), 2, new Rng(4)).dataSync()
  expect(found[0]).toBe(1)
  expect([0, 2]).toContain(found[1])
  const tiny = tf.tile(tf.tensor2d([[0, 1e-36, 0, 0, 0]]), [200, 1])
  expect([...sampleWithoutReplacement(tiny, 1, new Rng(4)).dataSync()]).toEqual(Array(200).fill(1))
  expect(() => sampleWithoutReplacement([0, 5, 0], 2, new Rng(4))).toThrow(
    'count: 2 came, expected a whole number from 1 to the 1 places',
  )
})

test('no gradient, no leak', () => {
  const x = tf.tensor1d([1, 2, 3])
  const before = tf.memory().numTensors
  sampleWithoutReplacement(x, 2, new Rng(5)).dispose()
  expect(tf.memory().numTensors).toBe(before)
  const slope = tf.grad((w: tf.Tensor) =>
    tf.sum(tf.mul(w, tf.cast(sampleWithoutReplacement(w, 3, new Rng(5)), 'float32'))),
  )(x)
  expect([...slope.dataSync()].sort()).toEqual([0, 1, 2])
})

test('bad input', () => {
  const rng = new Rng(6)
  expect(() => sampleWithoutReplacement([1, -2], 1, rng)).toThrow('-2 came at place 1')
  expect(() => sampleWithoutReplacement([1, Number.NaN], 1, rng)).toThrow('NaN came at place 1')
  expect(() => sampleWithoutReplacement([1], 0, rng)).toThrow('count: 0 came')
  expect(() => sampleWithoutReplacement(tf.ones([2, 3]), 4, rng)).toThrow(
    'count: 4 came, expected a whole number from 1 to the 3 places',
  )
})
