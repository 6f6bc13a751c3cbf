import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Prior } from '../distribution/distribution.ts'
import { diagonalGaussian, gaussianKlToStandardNormal } from '../distribution/gaussian.ts'
import { standardNormal } from '../distribution/standard-normal.ts'
import { Rng } from '../rng.ts'
import { kl, monteCarloKl, sampledKl } from './kl.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const posterior = () =>
  diagonalGaussian({
    mean: tf.tensor2d([0.5, -1.2, 2, 0, 0.3, -0.7], [2, 3]),
    logVariance: tf.tensor2d([0.2, -1, 0.7, 0, -3, 1.5], [2, 3]),
  })

describe('kl()', () => {
  it('sums the closed form for each example, and averages each dimension over the batch', async () => {
    const q = posterior()
    const elements = Array.from(await gaussianKlToStandardNormal(q).data())
    const { value, perDimension } = kl()(q, standardNormal(), q.mean)
    const sums = Array.from(await value.data())
    expect(sums[0]).toBeCloseTo(
      (elements[0] as number) + (elements[1] as number) + (elements[2] as number),
      5,
    )
    expect(sums[1]).toBeCloseTo(
      (elements[3] as number) + (elements[4] as number) + (elements[5] as number),
      5,
    )
    const dimensions = Array.from((await perDimension?.data()) ?? [])
    expect(dimensions).toHaveLength(3)
    expect(dimensions[1]).toBeCloseTo(((elements[1] as number) + (elements[4] as number)) / 2, 5)
  })

  it('estimates from the draws where the prior has no closed form', async () => {
    const { closedFormKl: _, ...prior }: Prior = standardNormal()
    const q = posterior()
    const z = q.sample(new Rng(21), { samples: 20_000 })
    const estimated = kl()(q, prior, z)
    expect(estimated.perDimension).toBeUndefined()
    const exact = await kl()(q, standardNormal(), z).value.data()
    const actual = await estimated.value.data()
    expect(Math.abs((actual[0] as number) - (exact[0] as number))).toBeLessThan(0.06)
    expect(Math.abs((actual[1] as number) - (exact[1] as number))).toBeLessThan(0.06)
  })
})

describe('sampledKl()', () => {
  it('is log q(z) - log p(z) at the very draw', async () => {
    const q = posterior()
    const z = q.sample(new Rng(1))
    const prior = standardNormal()
    const expected = await tf.sub(q.logProbability(z), prior.logProbability(z)).data()
    expect(await sampledKl()(q, prior, z).value.data()).toEqual(expected)
  })

  it('is zero for every draw when posterior and prior are equal', async () => {
    const q = diagonalGaussian({ mean: tf.zeros([2, 3]), logVariance: tf.zeros([2, 3]) })
    const values = await sampledKl()(q, standardNormal(), q.sample(new Rng(1))).value.data()
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(1e-6)
  })

  it('refuses draws of another rank', () => {
    expect(() => monteCarloKl(posterior(), standardNormal(), tf.zeros([3]))).toThrow(
      'monteCarloKl: z of shape [3] came, expected [2,3], or that with samples in front',
    )
  })
})
