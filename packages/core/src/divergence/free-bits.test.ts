import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { diagonalGaussian } from '../distribution/gaussian.ts'
import { standardNormal } from '../distribution/standard-normal.ts'
import { registerGradients } from '../gradients/register.ts'
import { applyFreeBits, freeBits } from './free-bits.ts'
import { kl, sampledKl } from './kl.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

const first = async (x: tf.Tensor) => (await x.data())[0] as number

describe('applyFreeBits', () => {
  it('sums max(floor, KL) over dimensions or groups', async () => {
    const perDimension = tf.tensor1d([0.1, 0.6, 0.2, 2])
    expect(await first(applyFreeBits(perDimension, { nats: 0.5 }))).toBeCloseTo(3.6, 6)
    expect(await first(applyFreeBits(perDimension, { nats: 0.5, groups: 2 }))).toBeCloseTo(2.9, 6)
    expect(await first(applyFreeBits(perDimension, { nats: 1, groups: 2 }))).toBeCloseTo(3.2, 6)
    expect(await first(applyFreeBits(perDimension, { nats: 0 }))).toBeCloseTo(2.9, 6)
  })

  it('presses only on groups above the floor', async () => {
    const slope = tf.grad((x: tf.Tensor) => applyFreeBits(x, { nats: 0.5 }))
    expect(Array.from(await slope(tf.tensor1d([0.1, 0.6, 0.2, 2])).data())).toEqual([0, 1, 0, 1])
  })

  it('refuses a negative floor and groups that do not divide', () => {
    expect(() => applyFreeBits(tf.zeros([4]), { nats: -1 })).toThrow(
      'freeBits: nats -1 came, expected a number >= 0',
    )
    expect(() => applyFreeBits(tf.zeros([4]), { nats: 1, groups: 3 })).toThrow(
      'freeBits: groups 3 came, expected a divisor of the 4 dimensions',
    )
  })
})

describe('freeBits()', () => {
  it('applies the floor to the mean over the batch, not to each example', async () => {
    // KLs of one dimension: 0 and 2, mean 1. A floor of 0.9 for each example would give 1.45.
    const q = diagonalGaussian({ mean: tf.tensor2d([0, 2], [2, 1]), logVariance: tf.zeros([2, 1]) })
    const { value, perDimension } = freeBits(kl(), { nats: 0.9 })(q, standardNormal(), q.mean)
    expect(value.shape).toEqual([])
    expect(await first(value)).toBeCloseTo(1, 6)
    expect(await first(perDimension as tf.Tensor)).toBeCloseTo(1, 6)
  })

  it('refuses a divergence that does not split by dimension', () => {
    const q = diagonalGaussian({ mean: tf.zeros([2, 1]), logVariance: tf.zeros([2, 1]) })
    expect(() => freeBits(sampledKl(), { nats: 1 })(q, standardNormal(), q.mean)).toThrow(
      'freeBits: the divergence gives no perDimension',
    )
  })
})
