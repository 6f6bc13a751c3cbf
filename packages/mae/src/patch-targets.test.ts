import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { prepareBackend, Rng } from '@winnow/core'
import { checkGradient } from '@winnow/core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { meanWhere, patchError, patchTargets, targetsToPixels } from './patch-targets.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

const normal = (shape: readonly number[], seed = 1) =>
  new Rng(seed).normal(shape, { mean: 3, deviation: 2 })
const value = (x: tf.Tensor): number => x.dataSync()[0] as number

describe('patchTargets', () => {
  it('leaves pixels as they are', () => {
    const patches = normal([2, 3, 4])
    expect(patchTargets(patches, 'pixels')).toBe(patches)
  })

  it('normalises by the mean and the unbiased variance of each patch', () => {
    const targets = patchTargets(tf.tensor([1, 3, 2, 2], [1, 2, 2]), 'normalisedPixels')
    // 1 and 3: mean 2, variance (1 + 1) / 1 = 2; a constant patch is zero, not NaN.
    const side = 1 / Math.sqrt(2 + 1e-6)
    expect([...targets.dataSync()].map((x) => x.toFixed(6))).toEqual(
      [-side, side, 0, 0].map((x) => x.toFixed(6)),
    )
  })

  it('costs (n - 1) / n to predict zero, and nothing to predict the target', () => {
    for (const n of [4, 16, 48]) {
      const targets = patchTargets(normal([5, 7, n]), 'normalisedPixels')
      const ones = tf.ones([5, 7])
      expect(value(meanWhere(patchError(tf.zerosLike(targets), targets), ones))).toBeCloseTo(
        (n - 1) / n,
        5,
      )
      expect(value(meanWhere(patchError(targets, targets), ones))).toBe(0)
    }
  })

  it('survives patches of one value', () => {
    expect([...patchTargets(tf.tensor([5, 6], [1, 2, 1]), 'normalisedPixels').dataSync()]).toEqual([
      0, 0,
    ])
  })
})

describe('targetsToPixels', () => {
  it('undoes the normalisation', () => {
    const patches = normal([2, 3, 12])
    const back = targetsToPixels(
      patchTargets(patches, 'normalisedPixels'),
      patches,
      'normalisedPixels',
    )
    expect(value(tf.max(tf.abs(tf.sub(back, patches))))).toBeLessThan(1e-4)
  })
})

describe('patchError', () => {
  it('has a gradient on counted patches alone', () => {
    const targets = normal([2, 3, 4])
    const weight = tf.tensor([1, 0, 1, 0, 0, 1], [2, 3])
    const loss = (predicted: tf.Tensor) => meanWhere(patchError(predicted, targets), weight)
    const gradient = tf.grad(loss)(normal([2, 3, 4], 2))
    const size = [...tf.sum(tf.abs(gradient), -1).dataSync()]
    expect(size.map((x) => x > 0)).toEqual([true, false, true, false, false, true])
    checkGradient((predicted) => loss(predicted), [normal([2, 3, 4], 2)])
  })

  it('refuses other shapes', () => {
    expect(() => patchError(tf.zeros([1, 2, 4]), tf.zeros([1, 3, 4]))).toThrow(
      'patchError: predictions of [1,2,4] came for targets of [1,3,4]',
    )
  })
})
