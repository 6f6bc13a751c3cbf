import * as tf from '@tensorflow/tfjs-core'
import { deserialise, Rng, serialise, useBackend } from '@winnow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FactorizedPriorCodec } from '../factorized-prior-codec.ts'
import { HyperpriorCodec } from '../hyperprior-codec.ts'
import type { LatentCodec } from '../latent-codec.ts'
import { pictures } from '../testing/pictures.ts'
import { prepare, smallCodec, smallConfig, train } from '../testing/small-codec.ts'
import { bitsOfSymbols } from './symbols.ts'

beforeAll(async () => {
  await useBackend('onnx')
})
afterAll(() => useBackend('cpu'))

const size = { height: 128, width: 192 }

function photo(): tf.Tensor {
  const { height, width } = size
  return tf.tidy(() => {
    const whole = tf.tensor(pictures(1, 192, 77), [1, 192, 192, 3])
    return tf.slice(whole, [0, 0, 0, 0], [1, height, width, 3])
  })
}

async function both(model: LatentCodec, quality: number) {
  const x = photo()
  const bytes = await model.compressTile(x, quality)
  const estimate = bitsOfSymbols(await model.symbols(x, quality)) / 8
  const y = await model.decompressTile(bytes, size, quality)
  const error = tf.tidy(() => tf.mean(tf.squaredDifference(x, y)))
  const [meanSquaredError] = await error.data()
  const values = await y.data()
  tf.dispose([x, y, error])
  return { bytes, estimate, meanSquaredError: meanSquaredError as number, values }
}

describe.each(['none', 'channels', 'checkerboard'] as const)('context %s', (context) => {
  it('writes what it says it will, and reads it again', async () => {
    using model = await smallCodec({ context, groups: 3, lambda: [0.002, 0.03] }, 160)
    const low = await both(model, 0)
    const middle = await both(model, 0.5)
    const high = await both(model, 1)
    for (const { bytes, estimate } of [low, middle, high]) {
      expect(Math.abs(bytes.length - estimate)).toBeLessThan(0.01 * estimate + 16)
    }
    expect(middle.bytes.length).toBeGreaterThan(low.bytes.length)
    expect(high.bytes.length).toBeGreaterThan(middle.bytes.length)
    expect(high.meanSquaredError).toBeLessThan(low.meanSquaredError)
    // What the file gives is what reconstruction without a file gives, but for means in whole numbers.
    const x = photo()
    const again = tf.tidy(() => tf.mean(tf.squaredDifference(model.reconstruct(x), x)))
    const [expected] = await again.data()
    expect(high.meanSquaredError / (expected as number)).toBeLessThan(1.1)
    tf.dispose([x, again])
  })
})

describe('the file', () => {
  it('costs hardly more by whole numbers than by floats', async () => {
    using model = await smallCodec({ context: 'none' }, 100)
    const x = photo()
    const bits = tf.tidy(() => model.rate(model.encode(x)).bits)
    const [expected] = await bits.data()
    const found = bitsOfSymbols(await model.symbols(x, 0))
    expect(found / (expected as number)).toBeLessThan(1.03)
    tf.dispose([x, bits])
  })

  it('is decoded by a model that was saved and loaded', async () => {
    using model = await smallCodec({ context: 'checkerboard' }, 30)
    using other = new HyperpriorCodec({ ...smallConfig, context: 'checkerboard' }, new Rng(8))
    deserialise(other, await serialise(model))
    expect(await other.fingerprint()).toBe(await model.fingerprint())
    const { bytes, values } = await both(model, 0)
    const y = await other.decompressTile(bytes, size, 0)
    expect(await y.data()).toEqual(values)
    y.dispose()
  })

  it('is not written before the model is ready, nor read when it is damaged', async () => {
    using model = new HyperpriorCodec(smallConfig, new Rng(1))
    const x = photo()
    await expect(model.compressTile(x, 0)).rejects.toThrow('prepareForCoding')
    await prepare(model)
    const bytes = await model.compressTile(x, 0)
    await expect(model.decompressTile(bytes.slice(0, 8), size, 0)).rejects.toThrow('damaged')
    await expect(model.compressTile(x, 1)).rejects.toThrow('this model has one quality, 0')
    await expect(model.decompressTile(bytes, { height: 100, width: 64 }, 0)).rejects.toThrow(
      'sides divisible by 64',
    )
    x.dispose()
  })
})

describe('FactorizedPriorCodec', () => {
  it('writes what it says it will, and reads it again', async () => {
    using model = new FactorizedPriorCodec({ ...smallConfig, lambda: 0.01 }, new Rng(3))
    await train(model, 120)
    await prepare(model)
    const { bytes, estimate, meanSquaredError } = await both(model, 0)
    expect(Math.abs(bytes.length - estimate)).toBeLessThan(0.01 * estimate + 16)
    const x = photo()
    const again = tf.tidy(() => tf.mean(tf.squaredDifference(model.reconstruct(x), x)))
    const [expected] = await again.data()
    expect(meanSquaredError / (expected as number)).toBeLessThan(1.02)
    tf.dispose([x, again])
  })
})
