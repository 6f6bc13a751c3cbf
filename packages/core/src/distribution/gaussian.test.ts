import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { registerGradients } from '../gradients/register.ts'
import { Rng } from '../rng.ts'
import {
  diagonalGaussian,
  gaussian,
  gaussianKl,
  gaussianKlToStandardNormal,
  gaussianLogDensity,
} from './gaussian.ts'
import { gradientError } from './gradient-error.ts'
import { softBound } from './soft-bound.ts'
import { standardNormal } from './standard-normal.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

const mean = () => tf.tensor2d([0.5, -1.2, 2, 0, 0.3, -0.7], [2, 3])
const logVariance = () => tf.tensor2d([0.2, -1, 0.7, 0, -3, 1.5], [2, 3])

describe('log-probability and entropy', () => {
  it('is the density of independent normals', async () => {
    const q = diagonalGaussian({ mean: mean(), logVariance: logVariance() })
    const x = [0.1, 0.4, -1, 2, 0.25, 0]
    const [m, l] = [await mean().data(), await logVariance().data()]
    const density = (i: number) => {
      const variance = Math.exp(l[i] as number)
      const distance = (x[i] as number) - (m[i] as number)
      return -0.5 * Math.log(2 * Math.PI * variance) - distance ** 2 / (2 * variance)
    }
    const actual = await q.logProbability(tf.tensor2d(x, [2, 3])).data()
    expect(actual[0]).toBeCloseTo(density(0) + density(1) + density(2), 4)
    expect(actual[1]).toBeCloseTo(density(3) + density(4) + density(5), 4)
  })

  it('sums over the last axis alone, with sample axes in front', () => {
    const q = diagonalGaussian({ mean: mean(), logVariance: logVariance() })
    expect(q.logProbability(tf.zeros([5, 2, 3])).shape).toEqual([5, 2])
    expect(q.entropy().shape).toEqual([2])
  })

  it('has an entropy that is minus the mean log-probability of its draws', async () => {
    const q = diagonalGaussian({ mean: mean(), logVariance: logVariance() })
    const draws = q.sample(new Rng(3), { samples: 20_000 })
    expect(draws.shape).toEqual([20_000, 2, 3])
    const estimate = await tf.neg(tf.mean(q.logProbability(draws), 0)).data()
    const exact = await q.entropy().data()
    // Deviation of the estimate: sqrt(3 / 2 / 20000) = 0.009.
    expect(Math.abs((estimate[0] as number) - (exact[0] as number))).toBeLessThan(0.03)
    expect(Math.abs((estimate[1] as number) - (exact[1] as number))).toBeLessThan(0.03)
  })
})

describe('sample', () => {
  it('has the mean and the deviation of the parameters', async () => {
    const q = diagonalGaussian({ mean: mean(), logVariance: logVariance() })
    const { mean: m, variance } = tf.moments(q.sample(new Rng(5), { samples: 20_000 }), 0)
    const error = tf.div(tf.sub(m, mean()), tf.exp(tf.mul(logVariance(), 0.5)))
    expect((await tf.max(tf.abs(error)).data())[0]).toBeLessThan(0.03)
    const ratio = tf.div(variance, tf.exp(logVariance()))
    expect((await tf.max(tf.abs(tf.sub(ratio, 1))).data())[0]).toBeLessThan(0.05)
  })

  it('is differentiable in mean and log-variance', async () => {
    const byMean = (x: tf.Tensor) =>
      tf.square(diagonalGaussian({ mean: x, logVariance: logVariance() }).sample(new Rng(1)))
    const byLogVariance = (x: tf.Tensor) =>
      tf.square(diagonalGaussian({ mean: mean(), logVariance: x }).sample(new Rng(1)))
    expect(await gradientError(byMean, mean())).toBeLessThan(1e-3)
    expect(await gradientError(byLogVariance, logVariance())).toBeLessThan(1e-3)
  })

  it('repeats with the seed', async () => {
    const q = diagonalGaussian({ mean: mean(), logVariance: logVariance() })
    expect(await q.sample(new Rng(9)).data()).toEqual(await q.sample(new Rng(9)).data())
  })
})

describe('KL in closed form', () => {
  it('is zero at equality, for each dimension', async () => {
    const q = { mean: mean(), logVariance: logVariance() }
    expect((await tf.max(tf.abs(gaussianKl(q, q))).data())[0]).toBeLessThan(1e-6)
    const normal = { mean: tf.zeros([2, 3]), logVariance: tf.zeros([2, 3]) }
    expect((await tf.max(tf.abs(gaussianKlToStandardNormal(normal))).data())[0]).toBe(0)
  })

  it('has the known values: half a nat for a shift by one deviation', async () => {
    const q = { mean: tf.tensor1d([1, 0, 3]), logVariance: tf.tensor1d([0, Math.log(4), 0]) }
    const p = { mean: tf.tensor1d([0, 0, 1]), logVariance: tf.tensor1d([0, 0, Math.log(4)]) }
    const expected = [0.5, 0.5 * (4 - 1 - Math.log(4)), 0.5 * (Math.log(4) + 0.25 + 1 - 1)]
    const actual = Array.from(await gaussianKl(q, p).data())
    for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5)
    const toStandard = Array.from(await gaussianKlToStandardNormal(q).data())
    expect(toStandard[0]).toBeCloseTo(0.5, 6)
    expect(toStandard[1]).toBeCloseTo(expected[1] as number, 5)
    expect(toStandard[2]).toBeCloseTo(4.5, 5)
  })

  it('agrees with Monte Carlo, dimension by dimension', async () => {
    const q = { mean: mean(), logVariance: logVariance() }
    const p = { mean: tf.mul(mean(), 0.5), logVariance: tf.add(logVariance(), 0.4) }
    const z = diagonalGaussian(q).sample(new Rng(11), { samples: 40_000 })
    const ratio = tf.sub(gaussianLogDensity(z, q), gaussianLogDensity(z, p))
    const error = tf.abs(tf.sub(tf.mean(ratio, 0), gaussianKl(q, p)))
    expect((await tf.max(error).data())[0]).toBeLessThan(0.03)
  })

  it('has the right gradients', async () => {
    const p = { mean: tf.mul(mean(), 0.5), logVariance: tf.add(logVariance(), 0.4) }
    const q = { mean: mean(), logVariance: logVariance() }
    const cases: [(x: tf.Tensor) => tf.Tensor, tf.Tensor][] = [
      [(x) => gaussianKl({ ...q, mean: x }, p), mean()],
      [(x) => gaussianKl({ ...q, logVariance: x }, p), logVariance()],
      [(x) => gaussianKl(q, { ...p, mean: x }), mean()],
      [(x) => gaussianKl(q, { ...p, logVariance: x }), logVariance()],
      [(x) => gaussianKlToStandardNormal({ ...q, logVariance: x }), logVariance()],
    ]
    for (const [fn, x] of cases) expect(await gradientError(fn, x)).toBeLessThan(2e-3)
  })

  it('has a finite gradient of a gradient', async () => {
    // d2/dl2 of KL = exp(l) / 2.
    const first = (l: tf.Tensor) =>
      tf.grad((x: tf.Tensor) =>
        gaussianKlToStandardNormal({ mean: tf.zeros([3]), logVariance: x }),
      )(l)
    const second = Array.from(
      await tf
        .grad(first)(tf.tensor1d([-1, 0, 2]))
        .data(),
    )
    for (const [i, l] of [-1, 0, 2].entries()) expect(second[i]).toBeCloseTo(Math.exp(l) / 2, 4)
  })
})

describe('gaussian()', () => {
  it('takes means first, then log-variances', async () => {
    const q = gaussian().from(tf.tensor2d([1, 2, 0.5, -0.5], [1, 4]))
    expect(Array.from(await q.mean.data())).toEqual([1, 2])
    const [a, b] = await q.logVariance.data()
    expect(a).toBeCloseTo(0.5, 5)
    expect(b).toBeCloseTo(-0.5, 5)
    expect(gaussian().parameters).toBe(2)
  })

  it('stays finite for outputs of any size', async () => {
    const outputs = tf.tensor2d([0, 0, 0, 1e4, -1e4, 20], [1, 6])
    const value = (x: tf.Tensor) => {
      const q = gaussian().from(x)
      const terms = [
        gaussianKlToStandardNormal(q),
        gaussianLogDensity(tf.ones([1, 3]), q),
        q.sample(new Rng(1)),
      ]
      return tf.addN(terms.map((term) => tf.sum(term)))
    }
    expect(Number.isFinite((await value(outputs).data())[0])).toBe(true)
    expect(Array.from(await tf.grad(value)(outputs).data()).every(Number.isFinite)).toBe(true)
    expect((await tf.max(gaussian().from(outputs).logVariance).data())[0]).toBeLessThan(20.001)
    expect((await tf.min(gaussian().from(outputs).logVariance).data())[0]).toBeGreaterThan(-20.001)
  })

  it('refuses an odd number of outputs and bounds out of order', () => {
    expect(() => gaussian().from(tf.zeros([2, 5]))).toThrow(
      'gaussian: outputs of shape [2,5] came, expected [batch, 2 * dim]: means, then log-variances',
    )
    expect(() => gaussian({ logVarianceBounds: [3, -3] })).toThrow(
      'gaussian: logVarianceBounds: [3,-3] came, expected two numbers, the lower one first',
    )
  })

  it('leaves no tensors behind', () => {
    const outputs = tf.zeros([2, 6])
    const before = tf.memory().numTensors
    tf.tidy(() => {
      const q = gaussian().from(outputs)
      q.logProbability(q.sample(new Rng(1)))
      standardNormal().closedFormKl?.(q)
    })
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('softBound', () => {
  it('is the identity inside and levels off with a gradient that leads back', async () => {
    const x = tf.tensor1d([-1e4, -30, -8, 0, 8, 30, 1e4])
    const y = Array.from(await softBound(x, [-20, 20]).data())
    expect(y[2]).toBeCloseTo(-8, 4)
    expect(y[3]).toBeCloseTo(0, 5)
    expect(y[4]).toBeCloseTo(8, 4)
    expect(y[0]).toBeCloseTo(-20, 4)
    expect(y[6]).toBeCloseTo(20, 4)
    const slope = Array.from(
      await tf
        .grad((v: tf.Tensor) => softBound(v, [-20, 20]))(x)
        .data(),
    )
    expect(slope[1]).toBeGreaterThan(1e-5)
    expect(slope[5]).toBeGreaterThan(1e-5)
    expect(slope[3]).toBeCloseTo(1, 6)
  })
})

describe('standardNormal()', () => {
  it('is N(0, I), with a closed form from a Gaussian alone', async () => {
    const prior = standardNormal()
    const zero = diagonalGaussian({ mean: tf.zeros([2, 3]), logVariance: tf.zeros([2, 3]) })
    const z = prior.sample([2, 3], new Rng(2))
    const [a, b] = [await prior.logProbability(z).data(), await zero.logProbability(z).data()]
    expect(a[0]).toBeCloseTo(b[0] as number, 5)
    expect(a[1]).toBeCloseTo(b[1] as number, 5)
    expect(prior.closedFormKl?.(zero)?.shape).toEqual([2, 3])
    expect(prior.closedFormKl?.({ ...zero, family: 'other' } as never)).toBeUndefined()
  })
})
