import * as tf from '@tensorflow/tfjs-core'
import { type Context, Rng, useBackend } from '@winnow/core'
import { checkGradient } from '@winnow/core/testing'
import { inverseWaveletPacket, type Linear, waveletPacket } from '@winnow/layers'
import { beforeAll, describe, expect, it } from 'vitest'
import { pictures } from '../model/testing/pictures.ts'
import { compand, expand, mostOf, scaleOf } from './companding.ts'
import { imageToLatent, latentToImage } from './latent-image.ts'
import { Walloc } from './walloc.ts'

beforeAll(async () => {
  await useBackend('cpu')
})

const context = (training: boolean): Context => ({
  rng: new Rng(3),
  step: tf.scalar(0),
  scalars: {},
  training,
  update: () => {},
})
const largest = async (x: tf.Tensor): Promise<number> =>
  (await tf.max(tf.abs(x)).data())[0] as number

describe('the packet transform', () => {
  it('is undone, and puts a constant picture into the first band', async () => {
    for (const levels of [1, 2, 3]) {
      const x = new Rng(1).normal([1, 16, 24, 3])
      const again = inverseWaveletPacket(waveletPacket(x, { levels }), { levels })
      expect(await largest(tf.sub(again, x))).toBeLessThan(1e-5)
      const flat = await waveletPacket(tf.fill([1, 16, 16, 1], 0.3), { levels }).data()
      flat.forEach((value: number, i: number) => {
        expect(value).toBeCloseTo(i % 4 ** levels === 0 ? 0.3 * 2 ** levels : 0, 4)
      })
    }
  })
})

describe('companding', () => {
  it('is undone to 1e-3 within two and a half scales, and stays in range', async () => {
    for (const bits of [4, 8]) {
      const z = tf.mul(tf.linspace(-2.5, 2.5, 401), scaleOf(bits))
      const u = compand(z, bits)
      expect(await largest(tf.sub(expand(u, bits), z))).toBeLessThan(
        1e-3 * Math.max(1, scaleOf(bits) / 10),
      )
      const far = compand(tf.tensor([-1e4, 1e4]), bits)
      expect(await largest(far)).toBeLessThanOrEqual(mostOf(bits) + 1e-4)
      expect(await largest(tf.round(far))).toBe(2 ** (bits - 1) - 1)
      // Rounded to the very end it comes back finite.
      expect(await largest(expand(tf.tensor([-127, 127]), bits))).toBeLessThan(5 * scaleOf(bits))
    }
  })

  it('is the normal distribution', async () => {
    const [u] = await compand(tf.tensor([scaleOf(4)]), 4).data()
    expect(u).toBeCloseTo(2 * mostOf(4) * (0.8413447461 - 0.5), 4)
  })

  it('has gradients both ways', () => {
    checkGradient((z) => compand(z, 4), [new Rng(1).normal([6], { deviation: 3 })])
    checkGradient((u) => expand(u, 4), [tf.tensor([-7.2, -5, -0.4, 0.3, 4, 7.1])])
  })
})

/** Encoder and decoder that do nothing: as many latents as bands. */
function identity(noise: boolean): Walloc {
  const model = new Walloc(
    { channels: 1, levels: 1, latent: 4, decoder: 'linear', noise },
    new Rng(1),
  )
  for (const layer of [model.encoder, model.decoder as Linear]) layer.weight.assign(tf.eye(4))
  return model
}

describe('Walloc', () => {
  it('gives back what came where encoder and decoder do nothing', async () => {
    const x = new Rng(2).uniform([2, 8, 8, 1])
    const { loss } = identity(false).loss(x, context(true))
    expect((await loss.data())[0]).toBeLessThan(1e-10)
  })

  it('begins with the coarsest bands at a spread that rounding leaves them', async () => {
    const x = tf.tensor(pictures(2, 32), [2, 32, 32, 3])
    const spread = tf.sub(x, tf.mean(x))
    const errors: number[] = []
    for (const latent of [3, 12, 48]) {
      const model = new Walloc({ levels: 2, latent, decoder: { width: 8 } }, new Rng(1))
      const error = tf.mean(tf.squaredDifference(model.reconstruct(x), x))
      errors.push((await tf.div(error, tf.mean(tf.square(spread))).data())[0] as number)
    }
    errors.slice(1).forEach((error, i) => {
      expect(error).toBeLessThan(errors[i] as number)
    })
    // All bands, rounded in 8 bits.
    expect(errors[2]).toBeLessThan(0.01)
  })

  it('learns with noise of one step, mean 0 and variance 1/12', async () => {
    const model = identity(true)
    // Latents of 0: what comes out is the noise, expanded, which is linear so near to 0.
    const x = tf.fill([64, 16, 16, 1], 0.5)
    const { loss } = model.loss(x, context(true))
    const slope = (scaleOf(8) * Math.sqrt(2 * Math.PI)) / (2 * mostOf(8))
    const found = ((await loss.data())[0] as number) / slope ** 2
    expect(Math.abs(found - 1 / 12)).toBeLessThan(0.003)
  })

  it.each(['linear', { width: 8 }] as const)(
    'maps shapes of pictures and sound: %j',
    async (decoder) => {
      const image = new Walloc({ levels: 2, latent: 6, decoder, bits: 4 }, new Rng(1))
      const x = new Rng(2).uniform([2, 12, 17, 3])
      const codes = image.encode(x)
      expect(codes.shape).toEqual([2, 3, 5, 6])
      expect(await largest(tf.sub(codes, tf.round(codes)))).toBe(0)
      expect(await largest(codes)).toBeLessThanOrEqual(7)
      expect(image.decode(codes).shape).toEqual([2, 12, 20, 3])
      expect(image.reconstruct(x).shape).toEqual(x.shape)
      expect(image.features(x).shape).toEqual([2, 6])
      expect(image.reduction).toBe(8)
      const sound = new Walloc({ kind: 'sound', levels: 4, latent: 4, decoder }, new Rng(1))
      const wave = tf.sin(new Rng(3).normal([2, 100, 2]))
      expect(sound.encode(wave).shape).toEqual([2, 7, 4])
      expect(sound.reconstruct(wave).shape).toEqual(wave.shape)
      expect(await largest(sound.reconstruct(wave))).toBeLessThanOrEqual(1)
      expect(() => sound.encode(x)).toThrow('expected [batch, samples, 2]')
    },
  )

  it('leaves no tensors behind', () => {
    const model = new Walloc({ levels: 1, latent: 4, decoder: { width: 8 } }, new Rng(1))
    const x = new Rng(2).uniform([1, 6, 5, 3])
    const before = tf.memory().numTensors
    model.reconstruct(x).dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('latentToImage', () => {
  it('is undone, and puts channels in tiles', () => {
    const values = Int32Array.from({ length: 2 * 3 * 5 }, (_, i) => (i % 15) - 7)
    const latents = { values, height: 2, width: 3, channels: 5 }
    const image = latentToImage(latents, 4)
    expect([image.height, image.width]).toEqual([4, 9])
    // Channel 4 at row 1, column 2 lies in the second tile of the second row.
    expect(image.data[3 * 9 + 3 + 2]).toBe((values[29] as number) + 8)
    expect(imageToLatent(image, 5, 4)).toEqual(latents)
    expect(() => latentToImage({ ...latents, values: values.map((v) => v * 2) }, 4)).toThrow(
      'within 7',
    )
  })
})
