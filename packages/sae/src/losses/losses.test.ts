import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { prepareBackend } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { topK } from '../activations/top-k.ts'
import { auxK } from '../losses/aux-k.ts'
import { multiTopK } from '../losses/multi-top-k.ts'
import type { SparseAutoencoder, SparseAutoencoderConfig } from '../sparse-autoencoder.ts'
import { batch, latents, make, valuesOf } from '../testing/model.ts'
import { contextOf, gradientsOf } from '../testing/steps.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

describe('auxK', () => {
  const dying = (path: 'dense' | 'sparse', more: Partial<SparseAutoencoderConfig> = {}) => {
    const model = make({ losses: [auxK({ k: 4 })], deadAfter: 1000, path, ...more })
    // Latents from 20 on were silent for long.
    const silent = Array.from({ length: latents }, (_, i) => (i < 20 ? 0 : 5000))
    model.lastActive.assign(tf.tensor1d(silent))
    return model
  }
  /** Latents that are dead: silent for long, and in this batch too. */
  const deadOf = (model: SparseAutoencoder, x: tf.Tensor): boolean[] => {
    const on = tf.any(tf.greater(model.encode(x).latents, 1e-3), 0).dataSync()
    return Array.from(on, (one, i) => one === 0 && i >= 20)
  }
  const withoutAux = { losses: [] }

  it.each(['dense', 'sparse'] as const)('moves dead latents alone (%s)', (path) => {
    const x = batch(6)
    const [model, plain] = [dying(path), dying(path, withoutAux)]
    const dead = deadOf(model, x)
    expect(dead.filter(Boolean).length).toBeGreaterThan(4)
    expect(dead.filter((one) => !one).length).toBeGreaterThan(20)
    const [own, other] = [gradientsOf(model, x), gradientsOf(plain, x)]
    expect(own.values['auxK']?.arraySync()).toBeGreaterThan(1e-3)
    // The latents for which the loss changes a gradient.
    const moved = (name: string, byLatent: (gradient: tf.Tensor) => tf.Tensor): boolean[] => {
      const [a, b] = [own, other].map(({ gradients }) => gradients.get(name) as tf.Tensor)
      const changed = tf.notEqual(byLatent(a as tf.Tensor), byLatent(b as tf.Tensor))
      return Array.from(tf.any(tf.reshape(changed, [latents, -1]), 1).dataSync(), Boolean)
    }
    const everywhere = [
      moved('encoder', (gradient) => tf.transpose(gradient)),
      moved('decoder', (gradient) => gradient),
      moved('latentBias', (gradient) => gradient),
    ]
    // Exactly nothing for those that live, and so nothing by way of xhat.
    for (const latentsMoved of everywhere) {
      expect(latentsMoved.filter(Boolean).length).toBeGreaterThan(4)
      expect(latentsMoved.every((one, i) => !one || dead[i])).toBe(true)
    }
  })

  it.each(['dense', 'sparse'] as const)('is 0 with gradients 0 where none is dead (%s)', (path) => {
    const x = batch()
    const [model, plain] = [dying(path), dying(path, withoutAux)]
    for (const one of [model, plain]) one.lastActive.assign(tf.zeros([latents]))
    const [own, other] = [gradientsOf(model, x), gradientsOf(plain, x)]
    expect(own.values['auxK']?.arraySync()).toBe(0)
    for (const [name, gradient] of other.gradients) {
      expect(own.gradients.get(name)?.dataSync(), name).toEqual(gradient.dataSync())
    }
  })

  it('is the error of dead latents at the error that is left, over its variance', () => {
    const model = dying('dense')
    const x = batch(4)
    const { auxK: found } = model.loss(x, contextOf())
    const error = tf.sub(x, model.reconstruct(x))
    const { preactivations } = model.encode(x)
    const dead = tf.tensor1d(deadOf(model, x).map(Number), 'bool')
    const { values, indices } = tf.topk(tf.where(dead, preactivations, -9), 4)
    const code = tf.sum(tf.mul(tf.oneHot(indices, latents), tf.expandDims(tf.relu(values), 2)), 1)
    const rebuilt = tf.matMul(code, model.decoder.value)
    const share = tf.div(
      tf.mean(tf.square(tf.sub(rebuilt, error))),
      tf.mean(tf.square(tf.sub(error, tf.mean(error, 0, true)))),
    )
    expect(valuesOf(found)).toBeAllClose(valuesOf(tf.div(share, 32)))
  })
})

describe('multiTopK', () => {
  it.each([
    ['4 times as many', 4, 20],
    ['at most all', 100, latents],
  ])('is the error of a wider code, weighted: %s', (_, factor, k) => {
    const x = batch()
    for (const path of ['dense', 'sparse'] as const) {
      const model = make({ losses: [multiTopK({ factor, weight: 0.25 })], path })
      model.lossScale.assign(tf.scalar(3))
      const wide = make({ activation: topK(k) })
      const error = tf.mean(tf.square(tf.sub(wide.reconstruct(x), x)))
      expect(valuesOf(model.loss(x, contextOf()).multiTopK)).toBeAllClose(
        valuesOf(tf.mul(error, 0.75)),
      )
    }
  })
})
