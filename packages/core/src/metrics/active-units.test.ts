import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { activeUnits } from './active-units.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

describe('activeUnits', () => {
  it('counts dimensions whose mean varies over examples, far from zero or not', async () => {
    // Variances 1, 0, 0.0064 and 0.0144.
    const rows = [-1, 5, -0.08, 9.88, 1, 5, 0.08, 10.12]
    const { count, active, variance } = activeUnits(tf.tensor2d(rows, [2, 4]))
    expect((await count.data())[0]).toBe(2)
    expect(Array.from(await active.data())).toEqual([1, 0, 0, 1])
    const expected = [1, 0, 0.0064, 0.0144]
    for (const [i, value] of (await variance.data()).entries()) {
      expect(value).toBeCloseTo(expected[i] as number, 5)
    }
  })

  it('takes another threshold', async () => {
    const means = tf.tensor2d([-1, -0.08, 1, 0.08], [2, 2])
    expect((await activeUnits(means, { threshold: 0.005 }).count.data())[0]).toBe(2)
    expect((await activeUnits(means, { threshold: 2 }).count.data())[0]).toBe(0)
  })

  it('refuses a single example', () => {
    expect(() => activeUnits(tf.zeros([1, 4]))).toThrow(
      'activeUnits: means of shape [1,4] came, expected [examples, dim] with 2 examples or more',
    )
  })
})
