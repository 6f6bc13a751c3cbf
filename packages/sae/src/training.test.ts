import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { adam, fit, fromArrays, prepareBackend, Rng } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { batch, inputs, latents, make, valuesOf } from './testing/model.ts'
import { gradientsOf, knownFeatures } from './testing/steps.ts'
import { topKSae } from './top-k-sae.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

describe('training', () => {
  const { data } = knownFeatures({ rows: 256, inputs, features: 20, active: 2 })
  const rows = fromArrays({ data, shape: [256, inputs] })
  const options = { epochs: 3, batch: 64, optimizer: adam({ learningRate: 3e-3 }) }

  it('keeps directions at unit norm, and gradients across them', async () => {
    const model = topKSae({ inputs, latents, k: 4 }, new Rng(1))
    const raw = gradientsOf(model, batch()).gradients
    const projected = model.afterGradients?.(raw)
    const along = tf.sum(tf.mul(projected?.get('decoder') as tf.Tensor, model.decoder.value), 1)
    const unprojected = tf.sum(tf.mul(raw.get('decoder') as tf.Tensor, model.decoder.value), 1)
    expect(tf.max(tf.abs(unprojected)).arraySync()).toBeGreaterThan(1e-2)
    expect(tf.max(tf.abs(along)).arraySync()).toBeLessThan(1e-6)
    expect(projected?.get('encoder')).toBe(raw.get('encoder'))
    const start = model.decoder.value.dataSync().slice()
    await fit(model, rows, options)
    expect(model.decoder.value.dataSync()).not.toEqual(start)
    const norms = tf.norm(model.decoder.value, 2, 1)
    expect(valuesOf(norms)).toBeAllClose(valuesOf(tf.ones([latents])), {
      absolute: 1e-6,
      relative: 0,
    })
  })

  it('on constant data stays finite and rebuilds them', async () => {
    const constant = fromArrays({
      data: new Float32Array(128 * inputs).fill(2),
      shape: [128, inputs],
    })
    for (const path of ['dense', 'sparse'] as const) {
      const model = topKSae({ inputs, latents, k: 4, deadAfter: 64, path }, new Rng(1))
      const { history } = await fit(model, constant, { ...options, epochs: 40 })
      const last = history.epochs.at(-1)?.training ?? {}
      for (const value of Object.values(last)) expect(Number.isFinite(value)).toBe(true)
      expect(last['reconstruction']).toBeLessThan(0.1)
    }
  })

  it('refuses values that are not finite, saying where, and rows of another width', async () => {
    const broken = data.slice()
    broken[100 * inputs + 3] = Number.NaN
    const model = topKSae({ inputs, latents, k: 4 }, new Rng(1))
    const start = model.encoder.value.dataSync().slice()
    const spoilt = fromArrays({ data: broken, shape: [256, inputs] })
    await expect(fit(model, spoilt, { ...options, batch: 256 })).rejects.toThrow(
      /SparseAutoencoder: data: NaN came in row \d+ .*input 3; expected finite/,
    )
    expect(model.encoder.value.dataSync()).toEqual(start)
    const narrow = fromArrays({ data: data.slice(0, 100), shape: [10, 10] })
    await expect(fit(model, narrow, { ...options, batch: 5 })).rejects.toThrow(
      'shape [5,10] came, expected [rows, 12]',
    )
  })

  it('leaves no tensor behind but the model', async () => {
    const run = async () => {
      using model = topKSae(
        { inputs, latents, k: 4, multiTopK: true, deadAfter: 64, path: 'sparse' },
        new Rng(1),
      )
      await fit(model, rows, { ...options, epochs: 1 })
    }
    await run()
    const before = tf.memory().numTensors
    await run()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('warns of a dictionary that is mostly dead', () => {
    const epoch = (dead: number) => ({ training: { dead } }) as never
    const model = make()
    expect(model.diagnose(epoch(0.6))[0]).toContain('60 % of 40 are silent')
    expect(model.diagnose(epoch(0.6))).toEqual([])
    expect(make().diagnose(epoch(0.4))).toEqual([])
  })
})
