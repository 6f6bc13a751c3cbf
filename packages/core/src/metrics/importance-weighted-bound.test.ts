import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { diagonalGaussian, gaussianLogDensity } from '../distribution/gaussian.ts'
import { gradientError } from '../distribution/gradient-error.ts'
import { standardNormal } from '../distribution/standard-normal.ts'
import { registerGradients } from '../gradients/register.ts'
import { withoutGradient } from '../gradients/stop-gradient.ts'
import { Rng } from '../rng.ts'
import { importanceWeightedBound, logMeanExp } from './importance-weighted-bound.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

const X = 1.3
/** log N(1.3; 0, 2), the exact log-likelihood. */
const EXACT = -0.5 * Math.log(4 * Math.PI) - X ** 2 / 4

/** Log-weights `[k, batch]` of the model z ~ N(0, 1), x | z ~ N(scale z, 1) for a Gaussian posterior `[batch, 1]`. */
function logWeights(
  parameters: { mean: tf.Tensor; logVariance: tf.Tensor; scale?: tf.Tensor },
  k: number,
  rng: Rng,
): tf.Tensor {
  const q = diagonalGaussian(parameters)
  const z = q.sample(rng, { samples: k })
  const decoded = { mean: tf.mul(z, parameters.scale ?? 1), logVariance: tf.zeros([1]) }
  const logLikelihood = tf.sum(gaussianLogDensity(tf.fill([1, 1, 1], X), decoded), -1)
  return tf.sub(tf.add(logLikelihood, standardNormal().logProbability(z)), q.logProbability(z))
}

describe('logMeanExp', () => {
  it('is the logarithm of the mean, along any axis, without overflow', async () => {
    const x = tf.tensor2d([1, 2, 1000, 1001, -1000, -1000], [3, 2])
    const expected = [
      Math.log((Math.E + Math.E ** 2) / 2),
      1000 + Math.log((1 + Math.E) / 2),
      -1000,
    ]
    for (const axis of [1, -1]) {
      const actual = await logMeanExp(x, axis).data()
      for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 3)
    }
    expect(logMeanExp(x, 0).shape).toEqual([2])
  })

  it('has the softmax as gradient', async () => {
    const x = tf.tensor2d([0.3, -1, 2, 5, 5, 5], [2, 3])
    const slope = await tf
      .grad((v: tf.Tensor) => logMeanExp(v, 1))(x)
      .data()
    const expected = await tf.softmax(x, 1).data()
    for (const [i, value] of expected.entries()) expect(slope[i]).toBeCloseTo(value, 5)
  })
})

describe('importanceWeightedBound', () => {
  it('is exact at the true posterior, for any k and without variance', async () => {
    const posterior = {
      mean: tf.fill([20, 1], X / 2),
      logVariance: tf.fill([20, 1], Math.log(0.5)),
    }
    expect(EXACT).toBeCloseTo(-1.68801, 5)
    for (const k of [1, 5, 50]) {
      const bounds = await importanceWeightedBound(logWeights(posterior, k, new Rng(k))).data()
      for (const bound of bounds) expect(Math.abs(bound - EXACT)).toBeLessThan(1e-4)
    }
  })

  it('rises with k from the ELBO towards the log-likelihood, and stays below', async () => {
    const posterior = { mean: tf.zeros([4000, 1]), logVariance: tf.zeros([4000, 1]) }
    const bound = async (k: number) => {
      const value = tf.mean(importanceWeightedBound(logWeights(posterior, k, new Rng(k))))
      return (await value.data())[0] as number
    }
    const [one, five, fifty] = [await bound(1), await bound(5), await bound(50)]
    expect(Math.abs(one - (-0.5 * Math.log(2 * Math.PI) - 0.5 * (X ** 2 + 1)))).toBeLessThan(0.08)
    expect(Math.abs(five - -1.756)).toBeLessThan(0.03)
    expect(Math.abs(fifty - -1.694)).toBeLessThan(0.01)
    expect(one).toBeLessThan(five)
    expect(five).toBeLessThan(fifty)
    expect(fifty).toBeLessThan(EXACT)
  })

  it.each(['mean', 'logVariance', 'scale'] as const)(
    'has the gradient sum_j w_j grad log w_j, with normalised weights held constant (%s)',
    async (name) => {
      const fixed = {
        mean: tf.tensor2d([0.2, -0.4, 1], [3, 1]),
        logVariance: tf.tensor2d([0, -1, 0.5], [3, 1]),
        scale: tf.tensor1d([0.8]),
      }
      const weights = (v: tf.Tensor) => logWeights({ ...fixed, [name]: v }, 7, new Rng(3))
      const bound = (v: tf.Tensor) => importanceWeightedBound(weights(v))
      const manual = (v: tf.Tensor) => {
        const logs = weights(v)
        const normalised = withoutGradient(() => tf.transpose(tf.softmax(tf.transpose(logs))))
        return tf.sum(tf.mul(normalised, logs))
      }
      const actual = await tf.grad(bound)(fixed[name]).data()
      const expected = await tf.grad(manual)(fixed[name]).data()
      for (const [i, value] of expected.entries()) {
        expect(Math.abs((actual[i] as number) - value)).toBeLessThan(1e-5)
      }
      expect(await gradientError(bound, fixed[name])).toBeLessThan(2e-3)
    },
  )

  it('has the gradient of the ELBO for k = 1, given the same noise', async () => {
    const logVariance = tf.tensor2d([0, -1, 0.5], [3, 1])
    const mean = tf.tensor2d([0.2, -0.4, 1], [3, 1])
    const weights = (v: tf.Tensor) => logWeights({ mean: v, logVariance }, 1, new Rng(3))
    const bound = await tf
      .grad((v: tf.Tensor) => importanceWeightedBound(weights(v)))(mean)
      .data()
    const elbo = await tf
      .grad((v: tf.Tensor) => tf.mean(weights(v), 0))(mean)
      .data()
    for (const [i, value] of elbo.entries()) expect(bound[i]).toBeCloseTo(value, 6)
  })

  it('refuses another rank', () => {
    expect(() => importanceWeightedBound(tf.zeros([5]))).toThrow(
      'importanceWeightedBound: logWeights of shape [5] came, expected [k, batch]',
    )
  })
})
