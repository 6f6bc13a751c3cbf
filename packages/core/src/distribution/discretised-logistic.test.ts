import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { registerGradients } from '../gradients/register.ts'
import { Rng } from '../rng.ts'
import { discretisedLogistic } from './discretised-logistic.ts'
import { gradientError } from './gradient-error.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

/** The masses of all levels, for one location and log-scale. */
async function masses(location: number, logScale: number, levels = 256): Promise<number[]> {
  const x = tf.reshape(tf.div(tf.range(0, levels), levels - 1), [levels, 1])
  const outputs = tf.tile(tf.tensor2d([location, logScale], [1, 2]), [levels, 1])
  const nats = await discretisedLogistic({ levels }).logProbability(x, outputs).data()
  return Array.from(nats, Math.exp)
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

describe('discretisedLogistic()', () => {
  it.each([
    [0, -3],
    [0.3, -5],
    [-0.97, -4],
    [1.4, -2],
    [-3, 0],
    [0.1, 2.5],
    [0.002, -7],
  ])('has masses that sum to one over the 256 levels (location %d, log-scale %d)', async (m, s) => {
    const all = await masses(m, s)
    expect(all).toHaveLength(256)
    expect(all.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4)
  })

  it('sums to one over 4 levels too', async () => {
    expect((await masses(0.2, -1, 4)).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
  })

  it('is the logistic mass within half a level, with open ends', async () => {
    const [location, scale] = [0.3, Math.exp(-2)]
    const all = await masses(location, -2)
    const cumulative = (u: number) => sigmoid((u - location) / scale)
    const level = (i: number) => -1 + (2 * i) / 255
    // The smooth bound moves a log-scale of -2 by about 0.01 at most.
    expect(all[0]).toBeCloseTo(cumulative(level(0) + 1 / 255), 4)
    expect(all[255]).toBeCloseTo(1 - cumulative(level(255) - 1 / 255), 3)
    const inner = cumulative(level(100) + 1 / 255) - cumulative(level(100) - 1 / 255)
    expect((all[100] as number) / inner).toBeCloseTo(1, 1)
  })

  it('is finite and right in the far tail, where the difference of sigmoids is zero', async () => {
    const outputs = tf.tensor2d([100, -100, 50, -7], [1, 4])
    const value = (o: tf.Tensor) =>
      discretisedLogistic().logProbability(tf.tensor2d([0.5, 0.5], [1, 2]), o)
    const [nats] = await value(outputs).data()
    expect(Number.isFinite(nats)).toBe(true)
    expect(nats).toBeLessThan(-1e4)
    expect(Array.from(await tf.grad(value)(outputs).data()).every(Number.isFinite)).toBe(true)
    const extreme = tf.tensor2d([0, 0, 1e4, -1e4], [1, 4])
    expect(Number.isFinite((await value(extreme).data())[0])).toBe(true)
  })

  it('has the right gradient, at both edges and inside', async () => {
    const x = tf.tensor2d([0, 1, 100 / 255, 200 / 255], [1, 4])
    const outputs = tf.tensor2d([-0.6, 0.5, 0.1, 0.3, -1.2, -0.7, -1, -2], [1, 8])
    const at = (o: tf.Tensor) => discretisedLogistic().logProbability(x, o)
    expect(await gradientError(at, outputs)).toBeLessThan(3e-3)
  })

  it('gives the same masses for data in [-1, 1]', async () => {
    const outputs = tf.tensor2d([-0.6, 0.5, 0.1, -1.2, -0.7, -1], [1, 6])
    const x = tf.tensor2d([0, 1, 100 / 255], [1, 3])
    const unit = await discretisedLogistic().logProbability(x, outputs).data()
    const symmetric = discretisedLogistic({ range: [-1, 1] })
    const other = await symmetric.logProbability(tf.sub(tf.mul(x, 2), 1), outputs).data()
    expect(other[0]).toBeCloseTo(unit[0] as number, 4)
    expect(Array.from(await symmetric.mean(outputs).data())[0]).toBeCloseTo(-0.6, 6)
    expect(Array.from(await discretisedLogistic().mean(outputs).data())[0]).toBeCloseTo(0.2, 6)
  })

  it('draws levels as often as their masses say', async () => {
    const outputs = tf.tile(tf.tensor2d([0.4, -1], [1, 2]), [20_000, 1])
    const likelihood = discretisedLogistic({ levels: 4 })
    const draws = await likelihood.sample(outputs, new Rng(8)).data()
    const expected = await masses(0.4, -1, 4)
    for (let level = 0; level < 4; level++) {
      const count = draws.filter((value) => Math.abs(value * 3 - level) < 1e-4).length
      expect(Math.abs(count / 20_000 - (expected[level] as number))).toBeLessThan(0.012)
    }
  })

  it('refuses data outside its range and fewer than two levels', () => {
    const { checkRange } = discretisedLogistic()
    expect(() => checkRange(Uint8Array.of(0, 200), 'images')).toThrow(
      'images: values up to 200 came, discretisedLogistic() expects [0, 1]; divide by 255',
    )
    expect(() => discretisedLogistic({ levels: 1 })).toThrow(
      'discretisedLogistic: levels 1 came, expected a whole number, 2 or more',
    )
  })
})
