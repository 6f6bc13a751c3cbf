import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { discretisedLogistic } from '../distribution/discretised-logistic.ts'
import { bitsPerDimension } from './bits-per-dimension.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe('bitsPerDimension', () => {
  it('is 8 for bytes that are uniform, as a probability and as a density', async () => {
    const probability = tf.tensor1d([100 * Math.log(1 / 256)])
    const [discrete] = await bitsPerDimension(probability, { dimensions: 100 }).data()
    expect(discrete).toBeCloseTo(8, 5)
    const density = tf.tensor1d([0])
    const [continuous] = await bitsPerDimension(density, {
      dimensions: 100,
      binWidth: 1 / 256,
    }).data()
    expect(continuous).toBeCloseTo(8, 5)
  })

  it('is one bit for a level out of two, from the likelihood itself', async () => {
    const likelihood = discretisedLogistic({ levels: 2 })
    const nats = likelihood.logProbability(tf.tensor2d([0, 1], [2, 1]), tf.zeros([2, 2]))
    for (const bits of await bitsPerDimension(nats, { dimensions: 1 }).data())
      expect(bits).toBeCloseTo(1, 5)
  })

  it('refuses a number of dimensions that is none', () => {
    expect(() => bitsPerDimension(tf.zeros([1]), { dimensions: 0 })).toThrow(
      'bitsPerDimension: dimensions 0 came, expected how many values an example has',
    )
    expect(() => bitsPerDimension(tf.zeros([1]), { dimensions: 1, binWidth: 0 })).toThrow(
      'bitsPerDimension: binWidth 0 came, expected a positive number',
    )
  })
})
