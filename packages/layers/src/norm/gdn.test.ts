import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { adam, fit, fromArrays, Module, Rng, useBackend } from '@winnow/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { expectClose, normal, reader, sumOf, tabulate, valuesOf } from '../testing/values.ts'
import { Gdn } from './gdn.ts'
import { lowerBound } from './lower-bound.ts'

beforeAll(async () => {
  await useBackend('cpu')
})

/** With beta and gamma that no symmetry hides. */
function gdn(inverse: boolean): Gdn {
  const layer = new Gdn({ features: 3, inverse })
  layer.betaRoot.assign(tf.tensor([0.5, 1, 2]))
  layer.gammaRoot.assign(tf.tensor([0.3, 0.9, 0.2, 0.1, 0.5, 0.7, 0.8, 0.4, 0.6], [3, 3]))
  return layer
}

describe('Gdn', () => {
  test.each([
    [false, [2, 4, 5, 3]],
    [true, [2, 4, 5, 3]],
    [false, [4, 3]],
    [true, [2, 6, 3]],
  ])('is a loop over channels: inverse %s, shape %j', (inverse, shape) => {
    const layer = gdn(inverse)
    const x = normal(shape, 4)
    const rows = x.size / 3
    const [at, beta, gamma] = [
      tf.reshape(x, [rows, 3]),
      layer.betaRoot.value,
      layer.gammaRoot.value,
    ].map(reader)
    const expected = tabulate([rows, 3], (n, i) => {
      const energy = beta!(i) ** 2 + sumOf(3, (j) => gamma!(j, i) ** 2 * at!(n, j) ** 2)
      return at!(n, i) * energy ** (inverse ? 0.5 : -0.5)
    })
    expectClose(layer.forward(x), tf.reshape(expected, shape), 1e-6)
  })

  test('has gradients', () => {
    for (const inverse of [false, true]) checkLayerGradient(gdn(inverse), normal([2, 2, 2, 3], 5))
    checkLayerGradient(gdn(false), normal([4, 3], 5))
  })

  test('starts with beta 1 and a tenth of the identity, never below its bounds', () => {
    const layer = new Gdn({ features: 2 })
    expectClose(layer.beta, tf.tensor([1, 1]), 1e-6)
    expectClose(layer.gamma, tf.tensor([0.1, 0, 0, 0.1], [2, 2]), 1e-6)
    layer.betaRoot.assign(tf.tensor([-5, -5]))
    layer.gammaRoot.assign(tf.fill([2, 2], -5))
    expect(valuesOf(layer.beta)[0]).toBeCloseTo(1e-6, 9)
    expect(Math.min(...valuesOf(layer.gamma))).toBeGreaterThanOrEqual(0)
    expect(valuesOf(layer.forward(normal([4, 2]))).every(Number.isFinite)).toBe(true)
  })

  test('leaves no tensors, and refuses other channels', () => {
    const layer = gdn(false)
    const x = normal([2, 3, 3, 3])
    const before = tf.memory().numTensors
    tf.tidy(() => void layer.forward(x))
    expect(tf.memory().numTensors).toBe(before)
    expect(() => layer.forward(normal([2, 4]))).toThrow('Gdn: an input of shape [2,4] came')
    expect(() => new Gdn({ features: 2, leastBeta: 0 })).toThrow('leastBeta: 0 came')
  })
})

describe('lowerBound', () => {
  test('passes the gradient above, and below only where a step leads back', () => {
    const slope = (weight: number) =>
      valuesOf(tf.grad((x) => tf.sum(tf.mul(lowerBound(x, 1), weight)))(tf.tensor([2, 1, 0])))
    expect(valuesOf(lowerBound(tf.tensor([2, 1, 0]), 1))).toEqual([2, 1, 1])
    expect(slope(3)).toEqual([3, 3, 0])
    expect(slope(-3)).toEqual([-3, -3, -3])
  })
})

/** Learns to undo a scale by one inverse and one forward layer. */
class Pair extends Module {
  readonly down = new Gdn({ features: 3 })
  readonly up = new Gdn({ features: 3, inverse: true })

  loss(batch: tf.Tensor | Record<string, tf.Tensor>) {
    const x = batch instanceof tf.Tensor ? batch : (batch['inputs'] as tf.Tensor)
    const y = this.up.forward(this.down.forward(x))
    return { loss: tf.mean(tf.squaredDifference(y, tf.mul(x, 2))) }
  }
}

async function losses(backend: string): Promise<number[]> {
  await useBackend(backend)
  using model = new Pair()
  const data = fromArrays({ data: new Rng(2).normalValues(16 * 48), shape: [16, 4, 4, 3] })
  const run = await fit(model, data, {
    steps: 8,
    batch: 8,
    seed: 1,
    optimizer: adam({ learningRate: 0.05 }),
  })
  return run.history.steps.map(({ metrics }) => metrics['loss'] as number)
}

describe('compiled training', () => {
  afterAll(() => useBackend('cpu'))

  test('agrees between onnx and cpu', async () => {
    const cpu = await losses('cpu')
    expect(cpu[7]).toBeLessThan(cpu[0] as number)
    const onnx = await losses('onnx')
    cpu.forEach((value, i) => {
      expect(Math.abs((onnx[i] as number) - value) / value).toBeLessThan(1e-4)
    })
  })
})
