import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { prepareBackend, Rng, type State } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { relu } from './activations/relu.ts'
import { topK } from './activations/top-k.ts'
import { auxK } from './losses/aux-k.ts'
import { l1 } from './losses/l1.ts'
import { multiTopK } from './losses/multi-top-k.ts'
import { SparseAutoencoder, type SparseAutoencoderConfig } from './sparse-autoencoder.ts'
import { batch, config, inputs, latents, make, tight, valuesOf } from './testing/model.ts'
import { contextOf, gradientsOf } from './testing/steps.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

describe('the code', () => {
  it('has at most k values per row, all above 0: those of the k largest preactivations', () => {
    const { latents: code, preactivations } = make().encode(batch())
    const rows = code.arraySync() as number[][]
    for (const [i, pre] of (preactivations.arraySync() as number[][]).entries()) {
      const row = rows[i] as number[]
      const least = pre.toSorted((a, b) => b - a)[4] as number
      expect(least).toBeGreaterThan(0)
      expect(row.filter((value) => value !== 0)).toHaveLength(5)
      expect(row).toEqual(pre.map((value) => (value >= least ? value : 0)))
    }
  })

  it('does not fill up with others where fewer than k are positive, nor take large negative ones', () => {
    const model = make()
    model.latentBias.assign(tf.fill([latents], -1.2))
    const { latents: code, preactivations } = model.encode(batch())
    const positive = tf.sum(tf.cast(tf.greater(preactivations, 0), 'float32'), 1)
    const on = tf.sum(tf.cast(tf.notEqual(code, 0), 'float32'), 1)
    expect(on.arraySync()).toEqual(tf.minimum(positive, 5).arraySync())
    expect(tf.min(positive).arraySync()).toBeLessThan(5)
    expect(tf.min(code).arraySync()).toBe(0)
  })

  it('keeps exactly k where preactivations are equal', () => {
    const model = make()
    model.encoder.assign(tf.zeros([inputs, latents]))
    model.latentBias.assign(tf.fill([latents], 1))
    const { latents: code } = model.encode(batch(3))
    expect(tf.sum(code, 1).arraySync()).toEqual([5, 5, 5])
  })

  it('with k = latents is that of a ReLU autoencoder', () => {
    const x = batch()
    const all = make({ activation: topK(latents) })
    const plain = make({ activation: relu() })
    expect(valuesOf(all.encode(x).latents)).toBeAllClose(valuesOf(plain.encode(x).latents))
    expect(valuesOf(all.reconstruct(x))).toBeAllClose(valuesOf(plain.reconstruct(x)))
  })

  it('starts tied, with directions of unit norm', () => {
    const model = new SparseAutoencoder(config, new Rng(1))
    expect(valuesOf(tf.transpose(model.encoder.value))).toBeAllClose(valuesOf(model.decoder.value))
    const norms = tf.norm(model.decoder.value, 2, 1)
    expect(valuesOf(norms)).toBeAllClose(valuesOf(tf.ones([latents])), {
      absolute: 1e-6,
      relative: 0,
    })
  })

  it('undoes the normalisation of examples', () => {
    const model = make({ normalise: 'perExample', activation: topK(latents) })
    const x = tf.add(tf.mul(batch(), 30), 100)
    const { scale, latents: code } = model.encode(x)
    expect(valuesOf(tf.moments(x, 1, true).mean)).toBeAllClose(valuesOf(scale?.mean))
    expect(valuesOf(model.decode(code, scale))).toBeAllClose(valuesOf(model.reconstruct(x)))
    const shifted = model.encode(tf.add(tf.mul(x, 3), 7)).latents
    expect(valuesOf(shifted)).toBeAllClose(valuesOf(code), { absolute: 1e-4, relative: 1e-4 })
  })
})

const parts: readonly (readonly [string, Partial<SparseAutoencoderConfig>])[] = [
  ['topK', {}],
  ['topK, normalised', { normalise: 'perExample' }],
  ['topK with auxK', { losses: [auxK({ k: 7 })], deadAfter: 100 }],
  [
    'topK with everything',
    { losses: [auxK({ k: 7 }), multiTopK(), l1({ weight: 0.3 })], deadAfter: 100 },
  ],
]

describe('the sparse path', () => {
  it.each(parts)('gives the numbers of the dense path: %s', (_, more) => {
    const run = (path: 'dense' | 'sparse') => {
      const model = make({ ...more, path })
      model.lastActive.assign(tf.tensor1d(Array.from({ length: latents }, (_, i) => (i % 3) * 60)))
      model.lossScale.assign(tf.scalar(1.7))
      const x = batch()
      const updates = new Map<State, tf.Tensor>()
      model.loss(x, contextOf(updates))
      return { ...gradientsOf(model, x), counted: updates.get(model.lastActive) as tf.Tensor }
    }
    const [dense, sparse] = [run('dense'), run('sparse')]
    expect(Object.keys(sparse.values)).toEqual(Object.keys(dense.values))
    for (const [name, value] of Object.entries(dense.values)) {
      expect(valuesOf(sparse.values[name]), name).toBeAllClose(valuesOf(value), tight)
    }
    for (const [name, value] of dense.gradients) {
      expect(tf.max(tf.abs(value)).arraySync(), name).toBeGreaterThan(1e-3)
      expect(valuesOf(sparse.gradients.get(name)), name).toBeAllClose(valuesOf(value), tight)
    }
    expect(valuesOf(sparse.counted)).toBeAllClose(valuesOf(dense.counted))
  })

  it('has the gradient of the loss: finite differences', () => {
    const x = batch(6)
    const model = make({ path: 'sparse', losses: [multiTopK({ factor: 2 })] })
    const { gradients } = gradientsOf(model, x)
    const loss = () => model.loss(x, contextOf()).loss.arraySync() as number
    for (const path of ['encoder', 'decoder', 'latentBias', 'bias'] as const) {
      const slot = model[path]
      const start = slot.value.dataSync().slice()
      const at = (place: number, by: number) => {
        const moved = start.slice()
        moved[place] = (moved[place] as number) + by
        slot.assign(tf.tensor(moved, [...slot.shape]))
        return loss()
      }
      const gradient = (gradients.get(path) as tf.Tensor).dataSync()
      for (const place of [0, 5, 11]) {
        const difference = (at(place, 1e-3) - at(place, -1e-3)) / 2e-3
        expect(Math.abs(difference - (gradient[place] as number)), path).toBeLessThan(2e-3)
      }
      slot.assign(tf.tensor(start, [...slot.shape]))
    }
  })
})

describe('silent tokens', () => {
  it('are counted by rows, and a latent that is on starts anew', () => {
    const model = make()
    model.lastActive.assign(tf.fill([latents], 7))
    const x = batch()
    const updates = new Map<State, tf.Tensor>()
    const { dead } = model.loss(x, contextOf(updates))
    const on = tf
      .any(tf.greater(model.encode(x).latents, 1e-3), 0)
      .arraySync() as unknown as number[]
    expect(updates.get(model.lastActive)?.arraySync()).toEqual(on.map((one) => (one ? 0 : 31)))
    expect(dead.arraySync()).toBe(0)
  })

  it('make a latent dead, the batch at hand counted in', () => {
    const model = make({ deadAfter: 30 })
    model.lastActive.assign(tf.fill([latents], 7))
    const x = batch()
    const on = tf.any(tf.greater(model.encode(x).latents, 1e-3), 0).dataSync() as Uint8Array
    const silent = on.filter((one) => one === 0).length
    expect(silent).toBeGreaterThan(0)
    expect(model.loss(x, contextOf()).dead.arraySync()).toBeCloseTo(silent / latents, 6)
  })
})
