import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { compile, prepareBackend, useBackend } from '@winnow/core'
import { checkGradient } from '@winnow/core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { normal, valuesOf } from '../testing/values.ts'
import type { WaveletBoundary, WaveletName } from './lifting.ts'
import { inverseWaveletPacket, waveletPacket } from './wavelet-packet.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

const wavelets: readonly WaveletName[] = ['haar', 'cdf97']
const boundaries: readonly WaveletBoundary[] = ['periodic', 'symmetric']
const every = wavelets.flatMap((wavelet) => boundaries.map((boundary) => ({ wavelet, boundary })))
const largest = (x: tf.Tensor): number => valuesOf(tf.max(tf.abs(x)))[0] as number
const energy = (x: tf.Tensor): number => valuesOf(tf.sum(tf.square(x)))[0] as number

/** Analysis filters of CDF 9/7 from the middle outwards, the low one scaled to sum to sqrt 2. */
const LOW = [0.852698679, 0.3774028556, -0.1106244044, -0.023849465, 0.0378284555]
const HIGH = [-0.7884856164, 0.4180922732, 0.0406894176, -0.0645388826]

/** What a filter, symmetric about its middle, gives at sample `at` of a periodic or mirrored signal. */
function filtered(
  x: readonly number[],
  filter: readonly number[],
  at: number,
  boundary: WaveletBoundary,
): number {
  const n = x.length
  const sample = (i: number): number => {
    if (boundary === 'periodic') return x[((i % n) + n) % n] as number
    const period = 2 * (n - 1)
    const folded = ((i % period) + period) % period
    return x[folded < n ? folded : period - folded] as number
  }
  return filter.reduce(
    (sum, tap, k) => sum + tap * (k === 0 ? sample(at) : sample(at - k) + sample(at + k)),
    0,
  )
}

describe('waveletPacket', () => {
  it.each(every)('is undone to 1e-6, sound and images: $wavelet, $boundary', (kind) => {
    for (const levels of [1, 2, 3]) {
      const options = { ...kind, levels }
      const sound = normal([2, 40, 2])
      const image = normal([2, 16, 24, 3])
      for (const x of [sound, image]) {
        const bands = waveletPacket(x, options)
        expect(bands.size).toBe(x.size)
        expect(largest(tf.sub(inverseWaveletPacket(bands, options), x)) / largest(x)).toBeLessThan(
          1e-6,
        )
      }
      expect(waveletPacket(image, options).shape).toEqual([
        2,
        16 / 2 ** levels,
        24 / 2 ** levels,
        3 * 4 ** levels,
      ])
    }
  })

  it.each(boundaries)('is the filter bank of CDF 9/7: %s', (boundary) => {
    const x = valuesOf(normal([24]))
    const bands = waveletPacket(tf.tensor(x, [1, 24, 1]), { boundary })
    const [low, high] = [0, 1].map((band) => valuesOf(tf.slice(bands, [0, 0, band], [1, 12, 1])))
    for (let i = 0; i < 12; i++) {
      expect(low?.[i]).toBeCloseTo(filtered(x, LOW, 2 * i, boundary), 5)
      expect(high?.[i]).toBeCloseTo(filtered(x, HIGH, 2 * i + 1, boundary), 5)
    }
    const sum = (filter: readonly number[]) =>
      filter.reduce((total, tap, k) => total + tap * (k === 0 ? 1 : 2), 0)
    expect(sum(LOW)).toBeCloseTo(Math.SQRT2, 8)
    expect(sum(HIGH)).toBeCloseTo(0, 8)
  })

  it('is worked out by hand for Haar', () => {
    const bands = waveletPacket(tf.tensor([1, 3, 2, 8], [1, 4, 1]), { wavelet: 'haar', levels: 2 })
    // Low 4, 10 and high -2, -6 over sqrt 2; then their sums and differences over 2.
    expect(valuesOf(bands).map((x) => x.toFixed(5))).toEqual(
      [7, -3, -4, 2].map((x) => x.toFixed(5)),
    )
    const image = waveletPacket(tf.tensor([1, 2, 3, 4], [1, 2, 2, 1]), { wavelet: 'haar' })
    // Low both ways; high along the width; along the height; both.
    expect(valuesOf(image).map((x) => x.toFixed(5))).toEqual(
      [5, -1, -2, 0].map((x) => x.toFixed(5)),
    )
  })

  it.each(every)(
    'puts a constant image into the first band of each channel: $wavelet, $boundary',
    (kind) => {
      const levels = 2
      const x = tf.mul(tf.ones([1, 8, 8, 2]), tf.tensor([3, -5]))
      const bands = waveletPacket(x, { ...kind, levels })
      const values = valuesOf(tf.slice(bands, [0, 0, 0, 0], [1, 1, 1, 32]))
      for (const [i, value] of values.entries()) {
        const expected = i % 16 === 0 ? 2 ** levels * (i === 0 ? 3 : -5) : 0
        expect(value).toBeCloseTo(expected, 4)
      }
    },
  )

  it('keeps energy: Haar', () => {
    const x = normal([2, 16, 16, 3])
    expect(energy(waveletPacket(x, { wavelet: 'haar', levels: 3 })) / energy(x)).toBeCloseTo(1, 5)
  })

  it.each(every)('has gradients: $wavelet, $boundary', (kind) => {
    const options = { ...kind, levels: 1 }
    checkGradient((x) => tf.square(waveletPacket(x, options)), [normal([1, 4, 4, 2])])
    checkGradient((x) => tf.square(inverseWaveletPacket(x, options)), [normal([1, 2, 2, 4])])
  })

  it('leaves nothing behind, and gives the same compiled on onnx', async () => {
    const x = normal([1, 8, 8, 2])
    const before = tf.memory().numTensors
    tf.tidy(() => void waveletPacket(x, { levels: 2 }))
    expect(tf.memory().numTensors).toBe(before)
    const cpu = valuesOf(waveletPacket(x, { levels: 2 }))
    const data = valuesOf(x)
    await useBackend('onnx')
    using both = compile((images: tf.Tensor) => {
      const bands = waveletPacket(images, { levels: 2 })
      return { bands, again: inverseWaveletPacket(bands, { levels: 2 }) }
    })
    const { bands, again } = await both(tf.tensor(data, [1, 8, 8, 2]))
    const [found, back] = [await bands.data(), await again.data()]
    cpu.forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 5)
    })
    data.forEach((value, i) => {
      expect(back[i]).toBeCloseTo(value, 5)
    })
    await tf.setBackend('cpu')
  })

  it('refuses sizes that do not divide, and what is neither sound nor images', () => {
    expect(() => waveletPacket(tf.zeros([1, 12, 8, 1]), { levels: 3 })).toThrow(
      'waveletPacket: an input of shape [1,12,8,1] came, expected a height and width divisible by 8 for 3 levels',
    )
    expect(() => waveletPacket(tf.zeros([1, 7, 1]))).toThrow('a length divisible by 2 for 1 level')
    expect(() => waveletPacket(tf.zeros([4, 4]))).toThrow('expected [batch, length, channels] or')
    expect(() => inverseWaveletPacket(tf.zeros([1, 2, 2, 6]))).toThrow('channels divisible by 4')
    expect(() =>
      waveletPacket(tf.zeros([1, 4, 1]), { wavelet: 'harr' as string as 'haar' }),
    ).toThrow("Did you mean 'haar'")
    expect(() => waveletPacket(tf.zeros([1, 4, 1]), { levels: 0 })).toThrow('levels: 0 came')
  })
})
