import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { Linear } from './linear.ts'
import { checkLayerGradient } from './testing/layer-gradient.ts'
import { expectClose, normal, reader, sumOf, tabulate, valuesOf } from './testing/values.ts'

function linear(): Linear {
  const layer = new Linear({ inputs: 3, outputs: 4 }, new Rng(1))
  layer.bias?.assign(normal([4], 2))
  return layer
}

describe('y = x W + b', () => {
  test.each([[[5, 3]], [[2, 5, 3]], [[2, 1, 4, 3]], [[0, 3]], [[0, 5, 3]]])('for %j', (shape) => {
    const layer = linear()
    const x = normal(shape, 3)
    const [at, weight, bias] = [x, layer.weight.value, layer.bias?.value as tf.Tensor].map(reader)
    const expected = tabulate([...shape.slice(0, -1), 4], (...index) => {
      const output = index.pop() as number
      const products = sumOf(3, (i) => at!(...index, i) * weight!(i, output))
      return products + bias!(output)
    })
    expectClose(layer.forward(x), expected, 1e-6)
  })

  test('without a bias', () => {
    const layer = new Linear({ inputs: 3, outputs: 4, bias: false }, new Rng(1))
    expect([...slots(layer).keys()]).toEqual(['weight'])
    expect(valuesOf(layer.forward(tf.zeros([2, 3])))).toEqual(new Array(8).fill(0))
  })
})

test('gradients in the input, the weight and the bias', () => {
  checkLayerGradient(linear(), normal([2, 3]))
  checkLayerGradient(linear(), normal([2, 2, 3]))
})

test('slots are called weight and bias; the bias starts at zero', () => {
  const layer = new Linear({ inputs: 3, outputs: 4 }, new Rng(1))
  expect([...slots(layer)].map(([path, { slot }]) => [path, slot.shape])).toEqual([
    ['weight', [3, 4]],
    ['bias', [4]],
  ])
  expect(valuesOf(layer.bias?.value as tf.Tensor)).toEqual([0, 0, 0, 0])
})

test('the weights of a seed are these numbers for ever', () => {
  const values = valuesOf(new Linear({ inputs: 3, outputs: 4 }, new Rng(1)).weight.value)
  expect(values.slice(0, 3)).toEqual([-0.2175491899251938, 0.15475361049175262, 0.6102962493896484])
})

test('disposing frees what was made', () => {
  const before = tf.memory().numTensors
  linear().dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('bad input', () => {
  expect(() => linear().forward(tf.zeros([2, 5]))).toThrow(
    'Linear: an input of shape [2,5] came, expected [batch, ..., 3]',
  )
  expect(() => linear().forward(tf.zeros([3]))).toThrow('expected [batch, ..., 3]')
  expect(() => new Linear({ inputs: 0, outputs: 4 }, new Rng(1))).toThrow(
    'Linear: inputs: 0 came, expected a whole number >= 1',
  )
  expect(() => new Linear({ inputs: 3, outputs: 1.5 }, new Rng(1))).toThrow('Linear: outputs: 1.5')
})
