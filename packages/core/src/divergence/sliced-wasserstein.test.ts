import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { diagonalGaussian } from '../distribution/gaussian.ts'
import { gradientError } from '../distribution/gradient-error.ts'
import { standardNormal } from '../distribution/standard-normal.ts'
import { registerGradients } from '../gradients/register.ts'
import { Rng } from '../rng.ts'
import {
  slicedWasserstein,
  slicedWassersteinDistance,
  sphereDirections,
} from './sliced-wasserstein.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

const distance = async (a: tf.Tensor, b: tf.Tensor, seed = 1, slices = 50) =>
  (await slicedWassersteinDistance(a, b, { slices, rng: new Rng(seed) }).data())[0] as number

describe('slicedWassersteinDistance', () => {
  it('is |shift|^2 / dim for a shifted copy, and (scale - 1)^2 for a scaled normal', async () => {
    const a = new Rng(2).normal([2000, 4])
    const shift = tf.tensor2d([1, -2, 0.5, 0], [1, 4])
    expect(Math.abs((await distance(tf.add(a, shift), a, 1, 1000)) - 5.25 / 4)).toBeLessThan(0.07)
    const b = new Rng(3).normal([2000, 4])
    expect(Math.abs((await distance(tf.mul(a, 2), b)) - 1)).toBeLessThan(0.05)
  })

  it('is the exact distance in one dimension: sorted against sorted', async () => {
    const [a, b] = [
      [3, -1, 2, 0.5],
      [0, 4, 1, -2],
    ]
    const ascending = (x: number[]) => [...x].sort((p, q) => p - q)
    const expected =
      ascending(a).reduce((s, v, i) => s + (v - (ascending(b)[i] as number)) ** 2, 0) / 4
    expect(await distance(tf.tensor2d(a, [4, 1]), tf.tensor2d(b, [4, 1]), 5, 3)).toBeCloseTo(
      expected,
      5,
    )
  })

  it('is zero for the same points in any order, and scales with the square', async () => {
    const a = new Rng(2).normal([30, 3])
    const b = new Rng(3).normal([30, 3])
    expect(await distance(a, tf.reverse(a, 0))).toBe(0)
    const scaled = await distance(tf.mul(a, 3), tf.mul(b, 3))
    expect(scaled / (await distance(a, b))).toBeCloseTo(9, 4)
  })

  it('has a gradient by differences that flows to both sides', async () => {
    const a = new Rng(2).normal([6, 2])
    const b = new Rng(3).normal([6, 2])
    const toA = (x: tf.Tensor) => slicedWassersteinDistance(x, b, { slices: 4, rng: new Rng(7) })
    const toB = (x: tf.Tensor) => slicedWassersteinDistance(a, x, { slices: 4, rng: new Rng(7) })
    expect(await gradientError(toA, a, { step: 1e-3 })).toBeLessThan(2e-3)
    expect(await gradientError(toB, b, { step: 1e-3 })).toBeLessThan(2e-3)
  })

  it('moves points to the prior by its gradient alone', async () => {
    let points: tf.Tensor = new Rng(2).normal([200, 2], { mean: 3 })
    const rng = new Rng(4)
    for (let i = 0; i < 40; i++) {
      const prior = rng.normal([200, 2])
      const slope = tf.grad((x: tf.Tensor) =>
        slicedWassersteinDistance(x, prior, { slices: 10, rng }),
      )
      points = tf.sub(points, tf.mul(slope(points), 200 * 0.5))
    }
    expect(await distance(points, new Rng(5).normal([200, 2]))).toBeLessThan(0.05)
  })

  it('refuses samples of different sizes', () => {
    const options = { rng: new Rng(1) }
    expect(() => slicedWassersteinDistance(tf.zeros([4, 2]), tf.zeros([5, 2]), options)).toThrow(
      'slicedWassersteinDistance: shapes [4,2] and [5,2] came, expected [n, dim] twice',
    )
  })
})

describe('slicedWasserstein()', () => {
  it('compares codes with draws of the prior, and repeats with the seed', async () => {
    const z = new Rng(7).normal([8, 3])
    const q = diagonalGaussian({ mean: z, logVariance: tf.zeros([8, 3]) })
    const run = (seed: number) =>
      slicedWasserstein({ slices: 5 })(q, standardNormal(), z, new Rng(seed)).value.data()
    expect(await run(1)).toEqual(await run(1))
    expect(await run(1)).not.toEqual(await run(2))
    expect(() => slicedWasserstein()(q, standardNormal(), z)).toThrow(
      'slicedWasserstein: rng is missing',
    )
  })

  it('draws unit directions', async () => {
    const norms = await tf.sum(tf.square(sphereDirections(20, 3, new Rng(1))), 1).data()
    for (const norm of norms) expect(norm).toBeCloseTo(1, 5)
  })
})
