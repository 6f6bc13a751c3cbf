import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { meanSquaredError, peakSignalToNoiseRatio } from './mean-squared-error.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe('meanSquaredError', () => {
  it('averages over everything but the batch', async () => {
    const a = tf.tensor3d([0, 1, 2, 3, 0, 0, 0, 0], [2, 2, 2])
    const b = tf.tensor3d([1, 1, 0, 3, 0, 0, 0, 4], [2, 2, 2])
    expect(Array.from(await meanSquaredError(a, b).data())).toEqual([1.25, 4])
    expect(
      Array.from(await meanSquaredError(tf.tensor1d([1, 2]), tf.tensor1d([1, 4])).data()),
    ).toEqual([0, 4])
  })

  it('refuses shapes that would broadcast', () => {
    expect(() => meanSquaredError(tf.zeros([2, 3]), tf.zeros([1, 3]))).toThrow(
      'meanSquaredError: shapes [2,3] and [1,3] came, expected [batch, ...] twice',
    )
  })
})

describe('peakSignalToNoiseRatio', () => {
  it('is 20 dB at an error of a tenth of the range, whatever the range', async () => {
    for (const dataRange of [1, 255]) {
      const a = tf.zeros([2, 3])
      const b = tf.fill([2, 3], dataRange / 10)
      const [value] = await peakSignalToNoiseRatio(a, b, { dataRange }).data()
      expect(value).toBeCloseTo(20, 4)
    }
  })

  it('is infinite for equal examples', async () => {
    const a = tf.ones([1, 3])
    expect((await peakSignalToNoiseRatio(a, a, { dataRange: 1 }).data())[0]).toBe(
      Number.POSITIVE_INFINITY,
    )
  })

  it('refuses a range that is not positive', () => {
    expect(() => peakSignalToNoiseRatio(tf.zeros([1]), tf.zeros([1]), { dataRange: 0 })).toThrow(
      "peakSignalToNoiseRatio: dataRange 0 came, expected the width of the data's interval, such as 1 for [0, 1]",
    )
  })
})
