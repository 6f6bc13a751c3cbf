import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { diagonalGaussian } from '../distribution/gaussian.ts'
import { gradientError } from '../distribution/gradient-error.ts'
import { standardNormal } from '../distribution/standard-normal.ts'
import { registerGradients } from '../gradients/register.ts'
import { Rng } from '../rng.ts'
import { maximumMeanDiscrepancy, mmd } from './mmd.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

const value = async (x: tf.Tensor) => (await x.data())[0] as number

/** The statistic by plain loops over pairs. */
function byLoops(a: number[][], b: number[][], kernel: (distance: number) => number): number {
  const mean = (x: number[][], y: number[][], skip: boolean) => {
    let [total, count] = [0, 0]
    for (const [i, p] of x.entries()) {
      for (const [j, q] of y.entries()) {
        if (skip && i === j) continue
        total += kernel(p.reduce((sum, v, k) => sum + (v - (q[k] as number)) ** 2, 0))
        count++
      }
    }
    return total / count
  }
  return mean(a, a, true) + mean(b, b, true) - 2 * mean(a, b, false)
}

const rows = async (x: tf.Tensor) => (await x.array()) as number[][]

describe('maximumMeanDiscrepancy', () => {
  it('equals plain loops: IMQ summed over scales, unequal sizes', async () => {
    const [a, b] = [new Rng(1).normal([7, 3]), new Rng(2).normal([5, 3], { mean: 0.5 })]
    const scales = [0.1, 1, 10]
    const expected = scales
      .map((scale) => {
        const constant = 2 * 3 * 2 * scale
        return [constant, (distance: number) => constant / (constant + distance)] as const
      })
      .map(async ([, kernel]) => byLoops(await rows(a), await rows(b), kernel))
    const total = (await Promise.all(expected)).reduce((x, y) => x + y, 0)
    const actual = maximumMeanDiscrepancy(a, b, { kernel: 'imq', scales, variance: 2 })
    expect(await value(actual)).toBeCloseTo(total, 5)
  })

  it('equals plain loops: RBF, with a given bandwidth and with medians', async () => {
    const [a, b] = [new Rng(1).normal([6, 2]), new Rng(2).normal([6, 2], { mean: 0.5 })]
    const [p, q] = [await rows(a), await rows(b)]
    const rbf = (squared: number) => (distance: number) => Math.exp(-distance / (2 * squared))
    const given = maximumMeanDiscrepancy(a, b, { kernel: 'rbf', bandwidth: 0.7 })
    expect(await value(given)).toBeCloseTo(byLoops(p, q, rbf(0.49)), 5)
    const median = (x: number[][], y: number[][]) => {
      const distances = x.flatMap((r) =>
        y.map((s) => r.reduce((t, v, k) => t + (v - (s[k] as number)) ** 2, 0)),
      )
      return distances.sort((u, v) => v - u)[17] as number
    }
    const squared = median(p, q) + median(p, p)
    const automatic = maximumMeanDiscrepancy(a, b, { kernel: 'rbf' })
    expect(await value(automatic)).toBeCloseTo(byLoops(p, q, rbf(squared)), 5)
  })

  it('has its known value for the same points twice: (2 / n) (mean off-diagonal kernel - 1)', async () => {
    const z = new Rng(3).normal([50, 4])
    const points = await rows(z)
    let expected = 0
    for (const scale of [0.1, 0.2, 0.5, 1, 2, 5, 10]) {
      const constant = 8 * scale
      let total = 0
      for (const [i, p] of points.entries()) {
        for (const [j, q] of points.entries()) {
          if (i === j) continue
          total += constant / (constant + p.reduce((s, v, k) => s + (v - (q[k] as number)) ** 2, 0))
        }
      }
      expected += (2 / 50) * (total / (50 * 49) - 1)
    }
    expect(Math.abs((await value(maximumMeanDiscrepancy(z, z))) - expected)).toBeLessThan(1e-4)
  })

  it('is about zero for samples of one distribution and 0.935 for a shift by one', async () => {
    let [same, shifted, negative] = [0, 0, 0]
    const rng = new Rng(4)
    for (let i = 0; i < 100; i++) {
      const [a, b] = [rng.normal([64, 4]), rng.normal([64, 4])]
      const statistic = await value(maximumMeanDiscrepancy(a, b))
      if (statistic < 0) negative++
      same += statistic / 100
      if (i < 20) shifted += (await value(maximumMeanDiscrepancy(tf.add(a, 1), b))) / 20
    }
    expect(Math.abs(same)).toBeLessThan(0.02)
    expect(negative).toBeGreaterThan(20)
    // 0.935 by direct integration of 2 (E k(a, a') - E k(a, b)), two million pairs.
    expect(Math.abs(shifted - 0.935)).toBeLessThan(0.08)
  })

  it('has a gradient by differences, which takes shifted codes back to the prior', async () => {
    const [a, b] = [new Rng(5).normal([6, 2], { mean: 1 }), new Rng(6).normal([6, 2])]
    for (const options of [{ kernel: 'imq' }, { kernel: 'rbf', bandwidth: 1.3 }] as const) {
      const at = (x: tf.Tensor) => maximumMeanDiscrepancy(x, b, options)
      expect(await gradientError(at, a)).toBeLessThan(1e-3)
      expect(await value(tf.mean(tf.grad(at)(a)))).toBeGreaterThan(0)
    }
    const automatic = (x: tf.Tensor) => maximumMeanDiscrepancy(x, b, { kernel: 'rbf' })
    expect(Array.from(await tf.grad(automatic)(a).data()).every(Number.isFinite)).toBe(true)
  })

  it('refuses other shapes', () => {
    expect(() => maximumMeanDiscrepancy(tf.zeros([4, 2]), tf.zeros([4, 3]))).toThrow(
      'maximumMeanDiscrepancy: shapes [4,2] and [4,3] came, expected [n, dim] and [m, dim] with n, m > 1',
    )
  })
})

describe('mmd()', () => {
  it('compares codes with as many draws of the prior, and repeats with the seed', async () => {
    const z = new Rng(7).normal([8, 3])
    const q = diagonalGaussian({ mean: z, logVariance: tf.zeros([8, 3]) })
    const prior = standardNormal()
    const expected = maximumMeanDiscrepancy(z, prior.sample([8, 3], new Rng(9)))
    expect(await value(mmd()(q, prior, z, new Rng(9)).value)).toBe(await value(expected))
    expect(() => mmd()(q, prior, z)).toThrow('mmd: rng is missing')
  })
})
