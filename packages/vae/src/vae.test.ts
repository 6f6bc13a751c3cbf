import '@tensorflow/tfjs-backend-cpu'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { adam, fit, fromArrays, linear, prepareBackend, Rng, restore, save } from '@winnow/core'
import { convDecoder, convEncoder, mlp } from '@winnow/layers'
import { beforeAll, describe, expect, it } from 'vitest'
import { interpolate } from './interpolate.ts'
import { codeStatistics } from './statistics.ts'
import { VAE, type VAEConfig } from './vae.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

const config: VAEConfig = {
  input: [4, 4, 1],
  latent: 2,
  encoder: mlp([16]),
  decoder: mlp([16]),
}

/** Pictures of one bright row: four kinds, black and white. */
const rows = (count = 128) => {
  const data = new Float32Array(count * 16)
  for (let i = 0; i < count; i++) data.fill(1, i * 16 + (i % 4) * 4, i * 16 + (i % 4) * 4 + 4)
  return fromArrays({ data, shape: [count, 4, 4, 1] })
}

const context = (seed = 1) => ({
  rng: new Rng(seed),
  step: tf.scalar(0),
  training: true,
  scalars: {},
  update: () => undefined,
})

describe('VAE', () => {
  it('learns: the ELBO comes near the entropy of the data, log 4', async () => {
    const model = new VAE(config, new Rng(1))
    const run = await fit(model, rows(), {
      epochs: 60,
      batch: 32,
      optimizer: adam({ learningRate: 0.01 }),
    })
    const first = run.history.epochs[0]?.training['elbo'] ?? 0
    const last = run.history.epochs.at(-1)?.training['elbo'] ?? 0
    expect(first).toBeLessThan(-8)
    expect(last).toBeGreaterThan(-2.6)
    expect(last).toBeLessThan(-Math.log(4) + 0.05)
    expect(run.warnings).toEqual([])
    const { activeUnits, klPerDimension } = await codeStatistics(model, rows())
    expect(activeUnits).toBe(2)
    expect(klPerDimension.reduce((a, b) => a + b, 0)).toBeCloseTo(
      run.history.epochs.at(-1)?.training['kl'] ?? 0,
      0,
    )
    const x = tf.tensor(rows(4).gather([0, 1, 2, 3]).inputs.data, [4, 4, 4, 1])
    const error = tf.mean(tf.abs(tf.sub(model.reconstruct(x), x))).dataSync()[0]
    expect(error).toBeLessThan(0.1)
  })

  it('has the shapes it promises, and nothing else stays in memory', () => {
    const model = new VAE(config, new Rng(1))
    const before = tf.memory().numTensors
    tf.tidy(() => {
      const x = tf.ones([3, 4, 4, 1])
      expect(model.encode(x).mean.shape).toEqual([3, 2])
      expect(model.features(x).shape).toEqual([3, 2])
      expect(model.reconstruct(x).shape).toEqual([3, 4, 4, 1])
      expect(model.sample(5, new Rng(1)).shape).toEqual([5, 4, 4, 1])
      const path = interpolate(tf.tensor1d([0, 2]), tf.tensor2d([[4, 0]]), 3)
      expect(path.arraySync()).toEqual([
        [0, 2],
        [2, 1],
        [4, 0],
      ])
      const mean = model.features(x).dataSync()
      expect(model.reconstruct(x).dataSync()).toEqual(
        model.choices.likelihood.mean(model.decode(tf.tensor(mean, [3, 2]))).dataSync(),
      )
    })
    expect(tf.memory().numTensors).toBe(before)
  })

  it('adds up: loss = reconstruction + beta * kl, elbo without beta; a schedule wins over the configuration', () => {
    const x = tf.ones([3, 4, 4, 1])
    const read = (model: VAE, scalars = {}) => {
      const { loss, reconstruction, kl, elbo } = model.loss(x, { ...context(), scalars })
      return [loss, reconstruction, kl, elbo].map((value) => value.dataSync()[0] ?? 0)
    }
    const [loss = 0, reconstruction = 0, kl = 0, elbo] = read(
      new VAE({ ...config, beta: 3 }, new Rng(1)),
    )
    expect(kl).toBeGreaterThan(0)
    expect(loss).toBeCloseTo(reconstruction + 3 * kl, 4)
    expect(elbo).toBeCloseTo(-reconstruction - kl, 4)
    const [warm = 0] = read(new VAE({ ...config, beta: 3 }, new Rng(1)), { beta: tf.scalar(0.5) })
    expect(warm).toBeCloseTo(reconstruction + 0.5 * kl, 4)
    const [free = 0, , freeKl = 0] = read(new VAE({ ...config, freeBits: 5 }, new Rng(1)))
    expect(freeKl).toBeCloseTo(kl, 5)
    expect(free).toBeCloseTo(reconstruction + 10, 4)
  })

  it('takes every likelihood, convolutions, and a schedule for beta', async () => {
    for (const likelihood of ['bernoulli', 'gaussian', 'discretisedLogistic'] as const) {
      const model = new VAE(
        {
          ...config,
          input: [8, 6, 3],
          likelihood,
          encoder: convEncoder([4]),
          decoder: convDecoder([4]),
        },
        new Rng(2),
      )
      const data = fromArrays({
        data: new Float32Array(16 * 8 * 6 * 3).fill(1),
        shape: [16, 8, 6, 3],
      })
      const { history } = await fit(model, data, {
        epochs: 8,
        batch: 8,
        optimizer: adam({ learningRate: 0.01 }),
        scalars: { beta: linear({ from: 0, to: 1, steps: 10 }) },
      })
      const losses = history.epochs.map(({ training }) => training['loss'] ?? 0)
      expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0)
    }
  })

  it('warns of a posterior that collapses', async () => {
    const model = new VAE({ ...config, beta: 100 }, new Rng(1))
    const run = await fit(model, rows(), {
      epochs: 12,
      batch: 32,
      optimizer: adam({ learningRate: 0.03 }),
    })
    expect(run.warnings.at(-1)).toMatch(/^epoch 12: posterior collapse: .*lower beta/)
  })

  it('refuses data of another shape or range before it trains', async () => {
    const model = new VAE(config, new Rng(1))
    const train = (data: Float32Array, shape: number[]) =>
      fit(model, fromArrays({ data, shape }), { batch: 2, optimizer: adam({ learningRate: 0.01 }) })
    await expect(train(new Float32Array(2 * 25), [2, 5, 5, 1])).rejects.toThrow(
      'VAE: data: items of shape [5,5,1] came, expected input: [4,4,1]',
    )
    await expect(train(new Float32Array(2 * 16).fill(255), [2, 4, 4, 1])).rejects.toThrow(
      'VAE: data: values up to 255 came, bernoulli() expects [0, 1]; divide by 255',
    )
  })

  it('refuses bad configurations in words', () => {
    const make = (more: object) => () => new VAE({ ...config, ...more } as VAEConfig, new Rng(1))
    expect(make({ latent: 0 })).toThrow('VAE: latent: 0 came')
    expect(make({ input: [] })).toThrow('VAE: input: [] came')
    expect(make({ beta: -1 })).toThrow('VAE: beta: -1 came')
    expect(make({ likelihood: 'bernouli' })).toThrow("Did you mean 'bernoulli'?")
    expect(make({ freeBits: -1 })).toThrow('-1')
  })

  it('is rebuilt from its own file', async () => {
    const model = new VAE(config, new Rng(3))
    const path = join(await mkdtemp(join(tmpdir(), 'winnow-')), 'vae.safetensors')
    await save(model, path)
    const again = await restore(VAE, path)
    const x = tf.ones([2, 4, 4, 1])
    expect(again.reconstruct(x).dataSync()).toEqual(model.reconstruct(x).dataSync())
  })
})
