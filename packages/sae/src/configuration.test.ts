import '@tensorflow/tfjs-backend-cpu'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { prepareBackend, Rng, restore, save } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { defineActivation } from './activations/define.ts'
import { relu } from './activations/relu.ts'
import { topK } from './activations/top-k.ts'
import { auxK } from './losses/aux-k.ts'
import { l1 } from './losses/l1.ts'
import { multiTopK } from './losses/multi-top-k.ts'
import { reluSae } from './relu-sae.ts'
import { SparseAutoencoder } from './sparse-autoencoder.ts'
import { batch, config, inputs, latents, make, valuesOf } from './testing/model.ts'
import { contextOf } from './testing/steps.ts'
import { topKSae } from './top-k-sae.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

describe('configurations', () => {
  it('rebuild the model from its file', async () => {
    const model = topKSae(
      { inputs, latents, k: 4, multiTopK: { factor: 2 }, auxK: { k: 3 } },
      new Rng(1),
    )
    model.lossScale.assign(tf.scalar(2.5))
    const file = join(await mkdtemp(join(tmpdir(), 'winnow-sae-')), 'sae.safetensors')
    await save(model, file)
    const again = await restore(SparseAutoencoder, file)
    expect(again.config).toEqual(model.config)
    expect(again.lossScale.value.arraySync()).toBe(2.5)
    expect(valuesOf(again.reconstruct(batch()))).toBeAllClose(valuesOf(model.reconstruct(batch())))
  })

  it("take an activation of one's own", () => {
    defineActivation<{ kind: 'test-above'; threshold: number }>('test-above', ({ threshold }) => ({
      forward: (z) => tf.mul(z, tf.cast(tf.greater(z, threshold), 'float32')),
    }))
    const model = make({ activation: { kind: 'test-above', threshold: 0.7 } as never })
    const on = tf.greater(model.encode(batch()).latents, 0)
    expect(tf.min(tf.where(on, model.encode(batch()).latents, 9)).arraySync()).toBeGreaterThan(0.7)
    expect(model.loss(batch(), contextOf()).l0.arraySync()).toBeGreaterThan(0)
  })

  it('put a price on the values, for ReLU', () => {
    const model = reluSae({ inputs, latents, l1: 0.5 }, new Rng(1))
    model.lossScale.assign(tf.scalar(4))
    const x = batch()
    const sums = tf.mean(tf.sum(model.encode(x).latents, 1)).arraySync() as number
    const { l1: price, auxiliary, loss, reconstruction } = model.loss(x, contextOf())
    expect(price?.arraySync()).toBeCloseTo((0.5 * 2 * sums) / Math.sqrt(inputs), 4)
    expect(valuesOf(auxiliary)).toBeAllClose(valuesOf(price))
    expect(valuesOf(tf.sub(loss, reconstruction))).toBeAllClose(valuesOf(auxiliary), {
      absolute: 1e-5,
    })
    const scheduled = model.loss(x, { ...contextOf(), scalars: { l1: tf.scalar(0) } })
    expect(scheduled.auxiliary.arraySync()).toBe(0)
  })

  it.each([
    [
      { activation: topK(41) },
      'topK: k: 41 came, expected a whole number from 1 to the 40 latents',
    ],
    [{ activation: topK(0) }, 'topK: k: 0 came'],
    [{ activation: topK(1.5) }, 'topK: k: 1.5 came'],
    [{ activation: { kind: 'topk' } }, "Did you mean 'topK'?"],
    [{ activation: { kind: 'topK', k: 2, K: 3 } }, "topK: field: 'K' is not known"],
    [{ activation: null }, 'activation: null came, expected a description'],
    [{ losses: [auxK({ k: 41 })] }, 'auxK: k: 41 came'],
    [{ losses: [auxK({ weight: -1 })] }, 'auxK: weight: -1 came'],
    [{ losses: [multiTopK({ factor: 1 })] }, 'multiTopK: factor: 1 came'],
    [{ losses: [multiTopK()], activation: relu() }, "multiTopK: the activation 'relu' has no k"],
    [{ losses: [l1({ weight: Number.NaN })] }, 'l1: weight: NaN came'],
    [{ constraints: [{ kind: 'unit' }] }, "constraint: kind: 'unit' is not known"],
    [{ inputs: 0 }, 'inputs: 0 came'],
    [{ latents: 1.5 }, 'latents: 1.5 came'],
    [{ deadAfter: 0 }, 'deadAfter: 0 came'],
    [{ normalise: 'batch' }, "normalise: 'batch' came"],
    [{ path: 'fast' }, "path: 'fast' is not known"],
    [{ path: 'sparse', activation: relu() }, "path: 'sparse' came, which needs an activation"],
  ])('refuse %j', (more, message) => {
    expect(() => new SparseAutoencoder({ ...config, ...(more as object) }, new Rng(1))).toThrow(
      message,
    )
  })

  it('refuse examples of another shape', () => {
    expect(() => make().encode(tf.zeros([2, 3]))).toThrow(
      'x: shape [2,3] came, expected [batch, 12]',
    )
  })
})
