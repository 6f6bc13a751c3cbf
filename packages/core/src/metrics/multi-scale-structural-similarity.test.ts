import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { registerGradients } from '../gradients/register.ts'
import { Rng } from '../rng.ts'
import { multiScaleStructuralSimilarity } from './multi-scale-structural-similarity.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

/** One channel in float64: rows of numbers. */
type Plane = number[][]

/** MS-SSIM of one channel by plain loops, moments about the window's own mean. */
function byLoops(a: Plane, b: Plane, dataRange: number): number {
  const exponents = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
  const bell = Array.from({ length: 11 }, (_, i) => Math.exp(-((i - 5) ** 2) / 4.5))
  const total = bell.reduce((sum, value) => sum + value, 0)
  const [c1, c2] = [(0.01 * dataRange) ** 2, (0.03 * dataRange) ** 2]
  let [x, y] = [a, b]
  let product = 1
  for (const [scale, exponent] of exponents.entries()) {
    let [sum, count] = [0, 0]
    for (let r = 0; r + 11 <= x.length; r++) {
      for (let s = 0; s + 11 <= (x[0] as number[]).length; s++) {
        const average = (value: (p: number, q: number) => number): number => {
          let out = 0
          for (let i = 0; i < 11; i++) {
            for (let j = 0; j < 11; j++) {
              const weight = ((bell[i] as number) * (bell[j] as number)) / total ** 2
              out +=
                weight *
                value(
                  (x[r + i] as number[])[s + j] as number,
                  (y[r + i] as number[])[s + j] as number,
                )
            }
          }
          return out
        }
        const [mp, mq] = [average((p) => p), average((_, q) => q)]
        const vp = average((p) => (p - mp) ** 2)
        const vq = average((_, q) => (q - mq) ** 2)
        const cpq = average((p, q) => (p - mp) * (q - mq))
        const structure = (2 * cpq + c2) / (vp + vq + c2)
        const luminance = (2 * mp * mq + c1) / (mp ** 2 + mq ** 2 + c1)
        sum += scale === 4 ? structure * luminance : structure
        count++
      }
    }
    product *= Math.max(0, sum / count) ** exponent
    x = halved(x)
    y = halved(y)
  }
  return product
}

function halved(plane: Plane): Plane {
  const at = (i: number, j: number) => (plane[i] as number[])[j] as number
  return Array.from({ length: plane.length >> 1 }, (_, i) =>
    Array.from(
      { length: (plane[0] as number[]).length >> 1 },
      (_, j) =>
        (at(2 * i, 2 * j) +
          at(2 * i + 1, 2 * j) +
          at(2 * i, 2 * j + 1) +
          at(2 * i + 1, 2 * j + 1)) /
        4,
    ),
  )
}

/** A picture in [0, 255] with waves of all lengths, and the same with noise. */
function pictures(height: number, width: number, channels: number): [tf.Tensor, tf.Tensor] {
  const noise = new Rng(2).normalValues(height * width * channels, 0, 12)
  const values = Float32Array.from(noise, (_, at) => {
    const channel = at % channels
    const [i, j] = [Math.floor(at / channels / width), Math.floor(at / channels) % width]
    return (
      128 + 50 * Math.sin((i + channel * 9) / 5) * Math.cos(j / 9) + 40 * Math.sin((i * j) / 900)
    )
  })
  const shape = [1, height, width, channels]
  return [
    tf.tensor(values, shape),
    tf.tensor(
      values.map((value, i) => value + (noise[i] as number)),
      shape,
    ),
  ]
}

it('is what loops over the definition give, on an odd size', async () => {
  const [a, b] = pictures(181, 178, 1)
  const plane = async (x: tf.Tensor) =>
    ((await x.array()) as number[][][][])[0]?.map((row) =>
      row.map(([value]) => value as number),
    ) as Plane
  const expected = byLoops(await plane(a), await plane(b), 255)
  const [value] = await multiScaleStructuralSimilarity(a, b, { dataRange: 255 }).data()
  expect(expected).toBeGreaterThan(0.8)
  expect(expected).toBeLessThan(0.99)
  expect(value).toBeCloseTo(expected, 4)
})

it('averages over channels, whatever the range, and is 1 for equal images', async () => {
  const [a, b] = pictures(176, 176, 3)
  const of = async (x: tf.Tensor, y: tf.Tensor, dataRange: number) =>
    (await multiScaleStructuralSimilarity(x, y, { dataRange }).data())[0] as number
  const each = await Promise.all(
    [0, 1, 2].map((channel) => {
      const part = (x: tf.Tensor) => tf.slice(x, [0, 0, 0, channel], [1, 176, 176, 1])
      return of(part(a), part(b), 255)
    }),
  )
  const all = await of(a, b, 255)
  expect(all).toBeCloseTo(each.reduce((sum, value) => sum + value, 0) / 3, 5)
  expect(await of(tf.div(a, 255), tf.div(b, 255), 1)).toBeCloseTo(all, 5)
  expect(await of(a, a, 255)).toBeCloseTo(1, 6)
  expect(await of(a, tf.sub(255, a), 255)).toBe(0)
})

it('has a gradient that leads to more similar images', async () => {
  const [a, b] = pictures(176, 176, 1)
  const similarity = (x: tf.Tensor): tf.Scalar =>
    tf.mean(multiScaleStructuralSimilarity(a, x, { dataRange: 255 }))
  const slope = tf.grad(similarity as (x: tf.Tensor) => tf.Tensor)(b)
  const step = tf.mul(slope, tf.div(100, tf.norm(slope)))
  const [before, after] = await Promise.all([
    similarity(b).data(),
    similarity(tf.add(b, step)).data(),
  ])
  expect((after[0] as number) - (before[0] as number)).toBeGreaterThan(0.001)
})

it('refuses images in which the window does not fit at every scale', () => {
  const small = tf.zeros([1, 175, 300, 3])
  expect(() => multiScaleStructuralSimilarity(small, small, { dataRange: 1 })).toThrow(
    'at least 176 x 176',
  )
})
