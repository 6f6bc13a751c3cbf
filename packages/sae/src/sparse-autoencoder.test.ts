import '@tensorflow/tfjs-backend-cpu'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { adam, fit, fromArrays, prepareBackend, Rng, restore, type State, save } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { defineActivation } from './activations/define.ts'
import { relu } from './activations/relu.ts'
import { topK } from './activations/top-k.ts'
import { initialiseFromData } from './initialise/from-data.ts'
import { auxK } from './losses/aux-k.ts'
import { l1 } from './losses/l1.ts'
import { multiTopK } from './losses/multi-top-k.ts'
import { reluSae } from './relu-sae.ts'
import { SparseAutoencoder, type SparseAutoencoderConfig } from './sparse-autoencoder.ts'
import { contextOf, gradientsOf, knownFeatures } from './testing/steps.ts'
import { topKSae } from './top-k-sae.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

const [inputs, latents] = [12, 40]
const config: SparseAutoencoderConfig = { inputs, latents, activation: topK(5) }
const batch = (rows = 24, seed = 3) => new Rng(seed).normal([rows, inputs])
const make = (more: Partial<SparseAutoencoderConfig> = {}, seed = 1) => {
  const model = new SparseAutoencoder({ ...config, ...more }, new Rng(seed))
  model.latentBias.assign(new Rng(8).normal([latents], { deviation: 0.1 }))
  model.bias.assign(new Rng(9).normal([inputs], { deviation: 0.5 }))
  return model
}

const tight = { absolute: 1e-5, relative: 1e-5 }

/** Compares shapes and values. */
const expectClose = (
  actual: tf.Tensor | undefined,
  expected: tf.Tensor | undefined,
  options: { absolute?: number; relative?: number } = {},
  name = '',
) => {
  expect(actual?.shape, name).toEqual(expected?.shape)
  expect(actual?.dataSync() ?? [], name).toBeAllClose(expected?.dataSync() ?? [1], options)
}

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
    expectClose(all.encode(x).latents, plain.encode(x).latents)
    expectClose(all.reconstruct(x), plain.reconstruct(x))
  })

  it('starts tied, with directions of unit norm', () => {
    const model = new SparseAutoencoder(config, new Rng(1))
    expectClose(tf.transpose(model.encoder.value), model.decoder.value)
    const norms = tf.norm(model.decoder.value, 2, 1)
    expectClose(norms, tf.ones([latents]), { absolute: 1e-6, relative: 0 })
  })

  it('undoes the normalisation of examples', () => {
    const model = make({ normalise: 'perExample', activation: topK(latents) })
    const x = tf.add(tf.mul(batch(), 30), 100)
    const { scale, latents: code } = model.encode(x)
    expectClose(tf.moments(x, 1, true).mean, scale?.mean)
    expectClose(model.decode(code, scale), model.reconstruct(x))
    const shifted = model.encode(tf.add(tf.mul(x, 3), 7)).latents
    expectClose(shifted, code, { absolute: 1e-4, relative: 1e-4 })
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
      expectClose(sparse.values[name], value, tight, name)
    }
    for (const [name, value] of dense.gradients) {
      expect(tf.max(tf.abs(value)).arraySync(), name).toBeGreaterThan(1e-3)
      expectClose(sparse.gradients.get(name), value, tight, name)
    }
    expectClose(sparse.counted, dense.counted)
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
    expectClose(found, tf.div(share, 32))
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
    expectClose(tf.mul(model.lossScale.value, variance), tf.scalar(1))
    const scale = tf.div(model.encoder.value, tf.transpose(model.decoder.value))
    expectClose(tf.max(scale), tf.min(scale), { relative: 1e-3 })
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
    expectClose(norms, tf.ones([latents]), { absolute: 1e-6, relative: 0 })
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
    expectClose(again.reconstruct(batch()), model.reconstruct(batch()))
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
    expectClose(auxiliary, price)
    expectClose(tf.sub(loss, reconstruction), auxiliary, { absolute: 1e-5 })
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
