import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { registerGradients } from '../gradients/register.ts'
import { Rng } from '../rng.ts'
import { gaussianLikelihood } from './gaussian-likelihood.ts'
import { gradientError } from './gradient-error.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

const logDensity = (x: number, mean: number, variance: number) =>
  -0.5 * (Math.log(2 * Math.PI * variance) + (x - mean) ** 2 / variance)

describe('gaussianLikelihood()', () => {
  it('is the log-density summed over pixels, with a fixed variance', async () => {
    const likelihood = gaussianLikelihood({ variance: 0.25 })
    const x = tf.tensor4d([0.1, 0.9, -2, 3], [2, 1, 2, 1])
    const outputs = tf.tensor4d([0, 1, -1, 3.5], [2, 1, 2, 1])
    const actual = await likelihood.logProbability(x, outputs).data()
    expect(actual).toHaveLength(2)
    expect(actual[0]).toBeCloseTo(logDensity(0.1, 0, 0.25) + logDensity(0.9, 1, 0.25), 5)
    expect(actual[1]).toBeCloseTo(logDensity(-2, -1, 0.25) + logDensity(3, 3.5, 0.25), 5)
    expect(likelihood.parameters).toBe(1)
  })

  it('takes means, then log-variances, where the variance is learned', async () => {
    const likelihood = gaussianLikelihood({ variance: 'learned' })
    const x = tf.tensor3d([0.1, 0.9], [1, 1, 2])
    const outputs = tf.tensor3d([0, 1, -1, 0.5], [1, 1, 4])
    const expected = logDensity(0.1, 0, Math.exp(-1)) + logDensity(0.9, 1, Math.exp(0.5))
    expect((await likelihood.logProbability(x, outputs).data())[0]).toBeCloseTo(expected, 3)
    expect(Array.from(await likelihood.mean(outputs).data())).toEqual([0, 1])
    expect(likelihood.parameters).toBe(2)
  })

  it('has the right gradient, and a finite one for outputs of any size', async () => {
    const likelihood = gaussianLikelihood({ variance: 'learned' })
    const x = tf.tensor2d([0.3, -0.8], [1, 2])
    const at = (outputs: tf.Tensor) => likelihood.logProbability(x, outputs)
    expect(await gradientError(at, tf.tensor2d([0.1, 0.4, -1, 0.6], [1, 4]))).toBeLessThan(2e-3)
    const extreme = tf.tensor2d([0.1, 0.4, -1e4, 1e4], [1, 4])
    expect(Array.from(await tf.grad(at)(extreme).data()).every(Number.isFinite)).toBe(true)
  })

  it('draws with the variance it has', async () => {
    const outputs = tf.tile(tf.tensor2d([2, Math.log(0.09)], [1, 2]), [20_000, 1])
    for (const [likelihood, given] of [
      [gaussianLikelihood({ variance: 'learned' }), outputs],
      [gaussianLikelihood({ variance: 0.09 }), tf.fill([20_000, 1], 2)],
    ] as const) {
      const { mean, variance } = tf.moments(likelihood.sample(given, new Rng(3)))
      expect(Math.abs(((await mean.data())[0] as number) - 2)).toBeLessThan(0.01)
      expect(Math.abs(((await variance.data())[0] as number) - 0.09)).toBeLessThan(0.005)
    }
  })

  it('refuses what is not finite, and values outside a range that is given', () => {
    const { checkRange } = gaussianLikelihood()
    expect(() => checkRange(Float32Array.of(-5, 1e6), 'batch')).not.toThrow()
    expect(() => checkRange(Float32Array.of(1, Number.POSITIVE_INFINITY), 'batch')).toThrow(
      'batch: Infinity came at index 1, gaussianLikelihood() expects finite numbers',
    )
    const symmetric = gaussianLikelihood({ range: [-1, 1] })
    expect(() => symmetric.checkRange(Uint8Array.of(0, 255), 'batch')).toThrow(
      'batch: values up to 255 came, gaussianLikelihood() expects [-1, 1]; divide by 127.5 and subtract 1',
    )
  })

  it('refuses a variance that is not positive, and outputs of another shape', () => {
    expect(() => gaussianLikelihood({ variance: 0 })).toThrow(
      "gaussianLikelihood: variance 0 came, expected a positive number or 'learned'",
    )
    const likelihood = gaussianLikelihood({ variance: 'learned' })
    expect(() => likelihood.logProbability(tf.zeros([2, 3]), tf.zeros([2, 3]))).toThrow(
      'gaussianLikelihood: outputs of shape [2,3] came, expected [2,6] for data of shape [2,3]',
    )
    expect(() => likelihood.mean(tf.zeros([2, 3]))).toThrow(
      'gaussianLikelihood: outputs of shape [2,3] came, expected the last axis to divide by its 2 parameters',
    )
  })
})
