import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { type Slot, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import type { LayerModule } from '../layer.ts'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { expectClose, normal, reader, sumOf, tabulate } from '../testing/values.ts'
import { GroupNorm } from './group-norm.ts'
import { LayerNorm } from './layer-norm.ts'
import { type NormName, norm } from './norm.ts'
import { RMSNorm } from './rms-norm.ts'

/** Gives every slot random values, so that a weight or bias left out is seen. */
function randomised<L extends LayerModule>(layer: L): L {
  let seed = 10
  for (const { slot } of slots(layer).values()) slot.assign(normal(slot.shape, seed++))
  return layer
}

const valueAt = (slot: Slot | undefined, i: number): number => reader((slot as Slot).value)(i)

describe('LayerNorm', () => {
  test.each([[[4, 6]], [[2, 3, 6]], [[2, 2, 2, 6]]])('agrees with loops for %j', (shape) => {
    const layer = randomised(new LayerNorm({ features: 6, epsilon: 0.01 }))
    const x = normal(shape)
    const at = reader(x)
    const expected = tabulate(shape, (...index) => {
      const i = index.pop() as number
      const mean = sumOf(6, (k) => at(...index, k)) / 6
      const variance = sumOf(6, (k) => (at(...index, k) - mean) ** 2) / 6
      const standard = (at(...index, i) - mean) / Math.sqrt(variance + 0.01)
      return standard * valueAt(layer.weight, i) + valueAt(layer.bias, i)
    })
    expectClose(layer.forward(x), expected)
  })

  test('keeps its accuracy far from zero', () => {
    const x = normal([4, 64])
    const layer = new LayerNorm({ features: 64 })
    // E[x^2] - E[x]^2 in float32 would leave no digit here.
    expectClose(layer.forward(tf.add(x, 1000)), layer.forward(x), 2e-3)
  })

  test('without weight and bias', () => {
    const layer = new LayerNorm({ features: 6, weight: false, bias: false })
    expect(slots(layer).size).toBe(0)
    expect(tf.mean(layer.forward(normal([2, 6]))).dataSync()[0]).toBeCloseTo(0, 6)
  })

  test('a row of equal numbers gives the bias, not NaN', () => {
    const layer = new LayerNorm({ features: 6 })
    expectClose(layer.forward(tf.fill([2, 6], 3)), tf.zeros([2, 6]))
  })
})

describe('RMSNorm', () => {
  test.each([[[4, 6]], [[2, 3, 6]]])('agrees with loops for %j', (shape) => {
    const layer = randomised(new RMSNorm({ features: 6, epsilon: 0.01 }))
    const x = normal(shape)
    const at = reader(x)
    const expected = tabulate(shape, (...index) => {
      const i = index.pop() as number
      const meanSquare = sumOf(6, (k) => at(...index, k) ** 2) / 6
      return (at(...index, i) / Math.sqrt(meanSquare + 0.01)) * valueAt(layer.weight, i)
    })
    expectClose(layer.forward(x), expected)
  })
})

describe('GroupNorm', () => {
  test.each([[[3, 6]], [[2, 5, 6]], [[2, 3, 2, 6]]])('agrees with loops for %j', (shape) => {
    const layer = randomised(new GroupNorm({ features: 6, groups: 2, epsilon: 0.01 }))
    const x = normal(shape)
    const positions = shape.slice(1, -1).reduce((a, b) => a * b, 1)
    const flat = reader(tf.reshape(x, [shape[0] as number, positions, 6]))
    const expected = tabulate([shape[0] as number, positions, 6], (...index) => {
      const [n, p, i] = index as [number, number, number]
      const first = i < 3 ? 0 : 3
      const overGroup = (term: (value: number) => number): number =>
        sumOf(positions, (q) => sumOf(3, (k) => term(flat(n, q, first + k)))) / (3 * positions)
      const mean = overGroup((value) => value)
      const variance = overGroup((value) => (value - mean) ** 2)
      const standard = (flat(n, p, i) - mean) / Math.sqrt(variance + 0.01)
      return standard * valueAt(layer.weight, i) + valueAt(layer.bias, i)
    })
    expectClose(layer.forward(x), tf.reshape(expected, shape))
  })

  test('one example does not see another', () => {
    const layer = new GroupNorm({ features: 4, groups: 2 })
    const [a, b] = [normal([1, 3, 3, 4], 1), normal([1, 3, 3, 4], 2)]
    const both = layer.forward(tf.concat([a, tf.mul(b, 100)]))
    expectClose(tf.slice(both, 0, 1), layer.forward(a), 1e-6)
  })
})

describe('gradients in the input, the weight and the bias', () => {
  test.each([
    ['LayerNorm', new LayerNorm({ features: 4, epsilon: 0.1 }), [3, 4]],
    ['RMSNorm', new RMSNorm({ features: 4, epsilon: 0.1 }), [3, 4]],
    ['GroupNorm', new GroupNorm({ features: 4, groups: 2, epsilon: 0.1 }), [2, 2, 2, 4]],
  ] as const)('%s', (_, layer, shape) => {
    checkLayerGradient(randomised<LayerModule>(layer), normal(shape))
  })

  test('of the gradient, as penalties need it', () => {
    const layer = randomised(new LayerNorm({ features: 3, epsilon: 0.5 }))
    checkLayerGradient(layer, normal([2, 3]), { order: 2, tolerance: 2e-3 })
  })
})

test('slots are called weight and bias', () => {
  const paths = (layer: LayerModule): string[] => [...slots(layer).keys()]
  expect(paths(new LayerNorm({ features: 3 }))).toEqual(['weight', 'bias'])
  expect(paths(new RMSNorm({ features: 3 }))).toEqual(['weight'])
  expect(paths(new GroupNorm({ features: 3, groups: 1 }))).toEqual(['weight', 'bias'])
})

test('by name', () => {
  expect(norm('none', 6)).toBeUndefined()
  expect(norm('layer', 6)).toBeInstanceOf(LayerNorm)
  expect((norm('group', 12) as GroupNorm).config.groups).toBe(6)
  expect((norm('group', 13) as GroupNorm).config.groups).toBe(1)
  expect(() => norm('bach' as NormName, 6)).toThrow(
    "norm: 'bach' is not known. Did you mean 'batch'?",
  )
})

test('bad input', () => {
  for (const layer of [
    new LayerNorm({ features: 3 }),
    new RMSNorm({ features: 3 }),
    new GroupNorm({ features: 3, groups: 3 }),
  ]) {
    const name = layer.constructor.name
    expect(() => layer.forward(tf.zeros([2, 4]))).toThrow(
      `${name}: an input of shape [2,4] came, expected [batch, ..., 3]`,
    )
  }
  expect(() => new GroupNorm({ features: 6, groups: 4 })).toThrow(
    'GroupNorm: 4 groups came for 6 features, expected a divisor',
  )
  expect(() => new LayerNorm({ features: 6, epsilon: 0 })).toThrow('LayerNorm: epsilon 0 came')
})
