import { mul, tensor, tidy } from '@tensorflow/tfjs-core'
import { adam, fit, fromArrays, Rng, useBackend } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { initialiseFromData } from './initialise/from-data.ts'
import type { AuxKOptions } from './losses/aux-k.ts'
import { evaluateSae } from './metrics/evaluate-sae.ts'
import type { SparseAutoencoder } from './sparse-autoencoder.ts'
import { knownFeatures } from './testing/steps.ts'
import { type TopKSaeOptions, topKSae } from './top-k-sae.ts'

beforeAll(async () => {
  await useBackend('onnx')
})

const [inputs, features] = [32, 64]
const rows = 8192
const { data, directions } = knownFeatures({ rows, inputs, features, active: 3 })
const dataset = fromArrays({ data, shape: [rows, inputs] })

const train = async (
  options: Partial<TopKSaeOptions>,
  prepare: (model: SparseAutoencoder) => void = () => undefined,
  steps = 1000,
): Promise<SparseAutoencoder> => {
  const model = topKSae(
    { inputs, latents: 2 * features, k: 3, deadAfter: 2048, ...options },
    new Rng(1),
  )
  const sample = tensor(data, [rows, inputs])
  await initialiseFromData(model, sample)
  sample.dispose()
  prepare(model)
  await fit(model, dataset.shuffle(), {
    epochs: 1000,
    steps,
    batch: 256,
    optimizer: adam({ learningRate: 3e-3 }),
    seed: 2,
  })
  return model
}

describe('a dictionary of 64 directions in 32 dimensions, 3 in each example', () => {
  it('is found again', async () => {
    using model = await train({})
    const decoder = (await model.decoder.value.data()) as Float32Array
    let found = 0
    for (let f = 0; f < features; f++) {
      let best = 0
      for (let row = 0; row < decoder.length; row += inputs) {
        let cosine = 0
        for (let i = 0; i < inputs; i++) {
          cosine += (decoder[row + i] as number) * (directions[f * inputs + i] as number)
        }
        best = Math.max(best, cosine)
      }
      if (best > 0.9) found++
    }
    const { l0 } = await evaluateSae(model, dataset)
    expect(l0).toBeLessThanOrEqual(3)
    // All 64 when this was written.
    expect(found).toBeGreaterThanOrEqual(0.8 * features)
  })

  it('comes back to life by auxK where half of the latents were killed', async () => {
    // They read along their directions still, but too faintly to be among the 3.
    const kill = (model: SparseAutoencoder): void => {
      const loud = Array.from({ length: features }, (_, i) => (i < features / 2 ? 1 : 0.02))
      model.encoder.assign(tidy(() => mul(model.encoder.value, tensor(loud))))
    }
    const dead = async (auxK: AuxKOptions | false): Promise<number> => {
      using model = await train({ auxK, latents: features }, kill, 600)
      return (await evaluateSae(model, dataset)).deadLatents
    }
    const without = await dead(false)
    const revived = await dead({ k: 16 })
    // 32 and 2 when this was written.
    expect(without).toBeGreaterThanOrEqual(features / 4)
    expect(revived).toBeLessThan(without / 2)
  })
})
