import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { fromArrays, prepareBackend, Rng } from '@winnow/core'
import { beforeAll, expect, test } from 'vitest'
import { batch, inputs, latents, make } from '../testing/model.ts'
import { evaluateSae } from './evaluate-sae.ts'
import { explainedVariance, normalisedMeanSquaredError } from './explained-variance.ts'
import { deadLatents, l0 } from './sparsity.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

test('batch by batch it finds what the whole gives at once, also far from 0', async () => {
  const model = make()
  const x = tf.tidy(() => tf.add(batch(50), 300))
  model.bias.assign(tf.fill([inputs], 300))
  const data = x.dataSync() as Float32Array
  const reconstruction = model.reconstruct(x).dataSync()
  const codes = model.encode(x).latents.dataSync()
  const from = { data, reconstruction, width: inputs }
  const before = tf.memory().numTensors
  const rows = fromArrays({ data, shape: [50, inputs] })
  const found = await evaluateSae(model, rows, { batch: 16 })
  expect(tf.memory().numTensors).toBe(before)
  expect(found.rows).toBe(50)
  expect(found.explainedVariance).toBeCloseTo(explainedVariance(from), 6)
  expect(found.normalisedMeanSquaredError).toBeCloseTo(normalisedMeanSquaredError(from), 6)
  expect(found.l0).toBeCloseTo(l0(codes, latents), 9)
  expect(found.deadLatents).toBe(deadLatents(codes, latents).length)
  expect(found.frequencies.reduce((sum, share) => sum + share, 0)).toBeCloseTo(found.l0, 9)
})

test('refuses data that do not vary or are not finite', async () => {
  const rows = (value: number) =>
    fromArrays({ data: new Float32Array(9 * inputs).fill(value), shape: [9, inputs] })
  await expect(evaluateSae(make(), rows(2))).rejects.toThrow('all rows are alike')
  await expect(evaluateSae(make(), rows(Number.NaN))).rejects.toThrow('NaN came in row 0')
  const narrow = fromArrays({ data: new Rng(1).normalValues(30), shape: [10, 3] })
  await expect(evaluateSae(make(), narrow)).rejects.toThrow('expected [rows, 12]')
})
