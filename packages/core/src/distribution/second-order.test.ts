import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { maximumMeanDiscrepancy } from '../divergence/mmd.ts'
import { slicedWassersteinDistance } from '../divergence/sliced-wasserstein.ts'
import { registerGradients } from '../gradients/register.ts'
import { importanceWeightedBound } from '../metrics/importance-weighted-bound.ts'
import { Rng } from '../rng.ts'
import { bernoulli } from './bernoulli.ts'
import { discretisedLogistic } from './discretised-logistic.ts'
import { gaussian, gaussianKlToStandardNormal } from './gaussian.ts'
import { gaussianLikelihood } from './gaussian-likelihood.ts'
import { gradientError } from './gradient-error.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

const grey = () => tf.tensor2d([0, 1, 100 / 255, 0.5], [2, 2])
const prior = () => new Rng(6).normal([4, 2])

const losses: Record<string, [fn: (x: tf.Tensor) => tf.Tensor, shape: [number, number]]> = {
  'gaussian() and its KL': [(x) => gaussianKlToStandardNormal(gaussian().from(x)), [3, 4]],
  bernoulli: [(x) => bernoulli().logProbability(grey(), x), [2, 2]],
  gaussianLikelihood: [
    (x) => gaussianLikelihood({ variance: 'learned' }).logProbability(grey(), x),
    [2, 4],
  ],
  discretisedLogistic: [(x) => discretisedLogistic().logProbability(grey(), x), [2, 4]],
  maximumMeanDiscrepancy: [(x) => maximumMeanDiscrepancy(x, prior()), [4, 2]],
  slicedWassersteinDistance: [
    (x) => slicedWassersteinDistance(x, prior(), { slices: 3, rng: new Rng(7) }),
    [4, 2],
  ],
  importanceWeightedBound: [(x) => importanceWeightedBound(x), [4, 2]],
}

describe('gradients of gradients', () => {
  it.each(Object.entries(losses))('agree with differences: %s', async (_, [fn, shape]) => {
    const slopes = (x: tf.Tensor) => tf.sum(tf.square(tf.grad(fn)(x)))
    const x = tf.mul(new Rng(3).normal(shape), 0.7)
    expect(await gradientError(slopes, x, { step: 3e-3 })).toBeLessThan(5e-3)
  })
})
