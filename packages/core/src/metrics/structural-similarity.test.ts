import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { gradientError } from '../distribution/gradient-error.ts'
import { registerGradients } from '../gradients/register.ts'
import { Rng } from '../rng.ts'
import { structuralSimilarity } from './structural-similarity.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

type Images = number[][][][]

/** SSIM of one image by plain loops in float64: the two-dimensional window, deviations from the window's mean. */
async function byLoops(
  a: tf.Tensor,
  b: tf.Tensor,
  example: number,
  dataRange: number,
): Promise<number> {
  const x = ((await a.array()) as Images)[example] as number[][][]
  const y = ((await b.array()) as Images)[example] as number[][][]
  const at = (image: number[][][], i: number, j: number, c: number) => image[i]?.[j]?.[c] as number
  const [height, width, channels] = a.shape.slice(1) as [number, number, number]
  const window: [i: number, j: number, weight: number][] = []
  for (let i = -5; i <= 5; i++)
    for (let j = -5; j <= 5; j++) window.push([i, j, Math.exp(-(i * i + j * j) / 4.5)])
  const total = window.reduce((sum, [, , weight]) => sum + weight, 0)
  const average = (value: (i: number, j: number) => number) =>
    window.reduce((sum, [i, j, weight]) => sum + (weight / total) * value(i, j), 0)
  const [c1, c2] = [(0.01 * dataRange) ** 2, (0.03 * dataRange) ** 2]
  let [sum, count] = [0, 0]
  for (let r = 5; r < height - 5; r++) {
    for (let s = 5; s < width - 5; s++) {
      for (let c = 0; c < channels; c++) {
        const p = (i: number, j: number) => at(x, r + i, s + j, c)
        const q = (i: number, j: number) => at(y, r + i, s + j, c)
        const [mp, mq] = [average(p), average(q)]
        const vp = average((i, j) => (p(i, j) - mp) ** 2)
        const vq = average((i, j) => (q(i, j) - mq) ** 2)
        const covariance = average((i, j) => (p(i, j) - mp) * (q(i, j) - mq))
        sum +=
          ((2 * mp * mq + c1) * (2 * covariance + c2)) / ((mp ** 2 + mq ** 2 + c1) * (vp + vq + c2))
        count++
      }
    }
  }
  return sum / count
}

describe('structuralSimilarity', () => {
  it('is one for equal images', async () => {
    const a = new Rng(1).uniform([2, 16, 14, 3])
    for (const value of await structuralSimilarity(a, a, { dataRange: 1 }).data()) {
      expect(value).toBeCloseTo(1, 6)
    }
  })

  it('has the value of the luminance term for constant images', async () => {
    // (2 * 0.2 * 0.6 + 0.0001) / (0.04 + 0.36 + 0.0001)
    const [value] = await structuralSimilarity(
      tf.fill([1, 11, 11, 1], 0.2),
      tf.fill([1, 11, 11, 1], 0.6),
      {
        dataRange: 1,
      },
    ).data()
    expect(value).toBeCloseTo(0.2401 / 0.4001, 5)
  })

  it('equals plain loops in float64, in colour, for each example of a batch', async () => {
    const a = new Rng(1).uniform([2, 15, 13, 2])
    const b = tf.add(tf.mul(a, 0.7), tf.mul(new Rng(2).uniform([2, 15, 13, 2]), 0.3))
    const actual = await structuralSimilarity(a, b, { dataRange: 1 }).data()
    expect(actual).toHaveLength(2)
    expect(Math.abs((actual[0] as number) - (await byLoops(a, b, 0, 1)))).toBeLessThan(1e-5)
    expect(Math.abs((actual[1] as number) - (await byLoops(a, b, 1, 1)))).toBeLessThan(1e-5)
    expect(actual[0]).not.toBeCloseTo(actual[1] as number, 3)
  })

  it('does not change with the unit of the data', async () => {
    const a = new Rng(1).uniform([1, 12, 12, 1])
    const b = new Rng(2).uniform([1, 12, 12, 1])
    const [unit] = await structuralSimilarity(a, b, { dataRange: 1 }).data()
    const [bytes] = await structuralSimilarity(tf.mul(a, 255), tf.mul(b, 255), {
      dataRange: 255,
    }).data()
    expect(bytes).toBeCloseTo(unit as number, 5)
    const inverted = structuralSimilarity(a, tf.sub(1, a), { dataRange: 1 })
    expect((await inverted.data())[0]).toBeLessThan(-0.5)
  })

  it('is differentiable', async () => {
    const a = new Rng(1).uniform([1, 11, 11, 1])
    const b = new Rng(2).uniform([1, 11, 11, 1])
    const loss = (x: tf.Tensor) => tf.mul(structuralSimilarity(x, b, { dataRange: 1 }), 100)
    expect(await gradientError(loss, a)).toBeLessThan(1e-2)
  })

  it('refuses images that are too small or have no channels, and leaves no tensors behind', () => {
    expect(() =>
      structuralSimilarity(tf.zeros([1, 8, 8, 1]), tf.zeros([1, 8, 8, 1]), { dataRange: 1 }),
    ).toThrow(
      'structuralSimilarity: shape [1,8,8,1] came, expected [batch, height, width, channels] of at least 11 x 11',
    )
    const a = tf.zeros([1, 11, 11, 1])
    const before = tf.memory().numTensors
    tf.tidy(() => void structuralSimilarity(a, a, { dataRange: 1 }))
    expect(tf.memory().numTensors).toBe(before)
  })
})
