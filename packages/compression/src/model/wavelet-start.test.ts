import * as tf from '@tensorflow/tfjs-core'
import { Rng, useBackend } from '@winnow/core'
import { Conv2d, ConvTranspose2d } from '@winnow/layers'
import { beforeAll, describe, expect, it } from 'vitest'
import { HyperpriorCodec } from './hyperprior-codec.ts'
import { pictures } from './testing/pictures.ts'
import { bestStep, startWithWavelets } from './wavelet-start.ts'

beforeAll(async () => {
  await useBackend('cpu')
})

const number = async (x: tf.Tensor): Promise<number> => (await x.data())[0] as number

describe('the start with wavelets', () => {
  it('keeps the bands that matter: the more latents the nearer, before any training', async () => {
    const x = tf.tensor(pictures(1, 64), [1, 64, 64, 3])
    const errors: number[] = []
    for (const latents of [3, 12, 48, 96]) {
      const model = new HyperpriorCodec({ channels: 48, latents, start: 'wavelets' }, new Rng(1))
      errors.push(await number(tf.mean(tf.squaredDifference(model.decode(model.encode(x)), x))))
    }
    errors.slice(1).forEach((error, i) => {
      expect(error).toBeLessThan(errors[i] as number)
    })
    const random = new HyperpriorCodec({ channels: 48, latents: 96 }, new Rng(1))
    const other = await number(tf.mean(tf.squaredDifference(random.reconstruct(x), x)))
    expect(errors.at(-1)).toBeLessThan(other / 6)
  })

  it('gives back what came where all bands are kept and nothing is normalised', async () => {
    const analysis = [new Conv2d({ inputs: 1, outputs: 4, kernel: 5, stride: 2 }, new Rng(1))]
    const synthesis = [
      new ConvTranspose2d({ inputs: 4, outputs: 1, kernel: 5, stride: 2 }, new Rng(2)),
    ]
    const deviations = startWithWavelets({ analysis, synthesis, scale: 3 })
    const x = new Rng(3).normal([1, 16, 16, 1])
    const y = synthesis[0]!.forward(analysis[0]!.forward(x))
    // Borders see zeros beyond.
    const inside = (map: tf.Tensor) => tf.slice(map, [0, 4, 4, 0], [1, 8, 8, 1])
    expect(await number(tf.max(tf.abs(tf.sub(inside(y), inside(x)))))).toBeLessThan(1e-5)
    // Of unit noise each latent is as wide as the scale: the filters are orthonormal.
    const noise = new Rng(4).normal([1, 256, 256, 1])
    expect(await number(tf.mean(tf.square(analysis[0]!.forward(noise))))).toBeCloseTo(9, 0)
    expect([...deviations]).toEqual([...deviations].sort((a, b) => b - a))
  })

  it('begins with a step that suits lambda, and with scales that are right', async () => {
    expect(bestStep(0.01, 3) ** 2).toBeCloseTo(18 / (Math.LN2 * 650.25), 9)
    const x = tf.tensor(pictures(1, 64), [1, 64, 64, 3])
    for (const lambda of [0.0025, 0.01, 0.05]) {
      const [ready, random] = await Promise.all(
        (['wavelets', 'random'] as const).map(async (start) => {
          const model = new HyperpriorCodec(
            { channels: 48, latents: 96, start, lambda },
            new Rng(1),
          )
          return await number(model.loss(x, { training: false } as never).loss)
        }),
      )
      // Measured: 2.2, 6.8 and 30 against 12, 48 and 236.
      expect(ready).toBeLessThan((random as number) / 4)
    }
    expect(() => new HyperpriorCodec({ start: 'wavelet' as 'wavelets' }, new Rng(1))).toThrow(
      "Did you mean 'wavelets'",
    )
  })
})
