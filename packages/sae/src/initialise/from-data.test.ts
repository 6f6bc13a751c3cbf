import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { prepareBackend, Rng } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { topK } from '../activations/top-k.ts'
import { initialiseFromData } from '../initialise/from-data.ts'
import { inputs, make, valuesOf } from '../testing/model.ts'
import { knownFeatures } from '../testing/steps.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

describe('initialiseFromData', () => {
  const { data } = knownFeatures({ rows: 400, inputs, features: 20, active: 2 })
  const sample = () => tf.add(tf.tensor(data, [400, inputs]), 3)

  it('centres, ties and scales: inputs at distance 1 come back at distance 1', async () => {
    const model = make({ activation: topK(3) })
    const x = sample()
    const before = tf.memory().numTensors
    await initialiseFromData(model, x)
    expect(tf.memory().numTensors).toBe(before)
    const bias = model.bias.value
    expect(tf.max(tf.abs(tf.sub(bias, tf.mean(x, 0)))).arraySync()).toBeLessThan(0.3)
    const variance = tf.mean(tf.square(tf.sub(x, tf.mean(x, 0))))
    expect(valuesOf(tf.mul(model.lossScale.value, variance))).toBeAllClose(valuesOf(tf.scalar(1)))
    const scale = tf.div(model.encoder.value, tf.transpose(model.decoder.value))
    expect(valuesOf(tf.max(scale))).toBeAllClose(valuesOf(tf.min(scale)), { relative: 1e-3 })
    const directions = new Rng(77).normal([500, inputs])
    const unit = tf.div(directions, tf.norm(directions, 2, 1, true))
    const rebuilt = tf.sub(model.reconstruct(tf.add(unit, bias)), bias)
    expect(tf.mean(tf.norm(rebuilt, 2, 1)).arraySync()).toBeCloseTo(1, 1)
  })

  it('refuses constant data, values that are not finite, and another width', async () => {
    const model = make()
    await expect(initialiseFromData(model, tf.fill([9, inputs], 2.3))).rejects.toThrow(
      'all rows are alike',
    )
    const broken = sample().arraySync() as number[][]
    ;(broken[5] as number[])[1] = Number.NaN
    await expect(initialiseFromData(model, tf.tensor2d(broken))).rejects.toThrow(
      'NaN came in row 5',
    )
    await expect(initialiseFromData(model, tf.zeros([9, 3]))).rejects.toThrow('expected [rows, 12]')
  })
})
