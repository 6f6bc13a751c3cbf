import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import type { Linear } from '../linear.ts'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { testContext } from '../testing/test-context.ts'
import { expectClose, normal, valuesOf } from '../testing/values.ts'
import { Mlp, type MlpConfig, mlp } from './mlp.ts'

function built(config: Partial<MlpConfig> = {}): Mlp {
  return new Mlp({ input: [2, 3], output: [4], hidden: [5, 6], ...config }, new Rng(1))
}

test('a description is plain JSON', () => {
  const spec = mlp([512, 256], { activation: 'gelu', norm: 'layer', dropout: 0.1 })
  expect(JSON.parse(JSON.stringify(spec))).toEqual(spec)
  expect(mlp([8])).toEqual({ kind: 'mlp', hidden: [8] })
})

describe('forward', () => {
  test('is linear, activation, linear, activation, linear', () => {
    const net = built({ activation: 'tanh' })
    const x = normal([3, 2, 3])
    const [first, second] = net.hidden.map((stage) => stage.layer as Linear) as [Linear, Linear]
    const inner = tf.tanh(second.forward(tf.tanh(first.forward(tf.reshape(x, [3, 6])))))
    expectClose(net.forward(x), net.output.forward(inner), 1e-6)
  })

  test('puts norm before the activation and dropout after it', () => {
    const net = built({ hidden: [64], norm: 'layer', activation: 'relu', dropout: 0.5 })
    const [stage] = net.hidden
    const normed = stage?.norm?.forward(stage.layer.forward(normal([3, 6]))) as tf.Tensor
    const context = testContext(true, 2).context
    const mask = testContext(true, 2).context.rng.bernoulli([3, 64], 0.5)
    const expected = net.output.forward(tf.mul(tf.relu(normed), tf.mul(mask, 2)))
    expectClose(net.forward(tf.reshape(normal([3, 6]), [3, 2, 3]), context), expected)
  })

  test('without hidden stages it is one linear layer', () => {
    const net = built({ hidden: [] })
    const x = normal([3, 2, 3])
    expectClose(net.forward(x), net.output.forward(tf.reshape(x, [3, 6])), 1e-6)
  })

  test.each([
    [[6], [4], [3, 6], [3, 4]],
    [[6], [2, 2, 1], [3, 6], [3, 2, 2, 1]],
    [[2, 3], [4], [3, 2, 3], [3, 4]],
    [[6], [2, 2], [5, 3, 6], [5, 3, 2, 2]],
    [[6], [4], [0, 6], [0, 4]],
  ])('from %j to %j: %j gives %j', (input, output, from, to) => {
    expect(built({ input, output }).forward(tf.zeros(from)).shape).toEqual(to)
  })

  test('more leading axes are rows like any others', () => {
    const net = built()
    const x = normal([4, 3, 2, 3])
    const rows = net.forward(tf.reshape(x, [12, 2, 3]))
    expectClose(net.forward(x), tf.reshape(rows, [4, 3, 4]), 1e-6)
  })
})

test('batch norm sees the context, and replaces the bias before it', () => {
  const net = built({ norm: 'batch' })
  const { context, updates } = testContext(true)
  net.forward(normal([3, 2, 3]), context)
  expect(updates.size).toBe(4)
  expect([...slots(net).keys()]).not.toContain('hidden.0.layer.bias')
})

test('gradients in the input and every parameter', () => {
  checkLayerGradient(built({ hidden: [3], activation: 'gelu', norm: 'layer' }), normal([2, 2, 3]), {
    step: 0.01,
    tolerance: 1e-3,
  })
})

test('slots are named by their place', () => {
  expect([...slots(built({ hidden: [5], norm: 'rms' })).keys()]).toEqual([
    'hidden.0.layer.weight',
    'hidden.0.layer.bias',
    'hidden.0.norm.weight',
    'output.weight',
    'output.bias',
  ])
})

test('a seed gives these weights for ever, and one stage does not depend on the width of another', () => {
  const sum = (net: Mlp): number =>
    [...slots(net).values()].flatMap(({ slot }) => valuesOf(slot.value)).reduce((a, b) => a + b, 0)
  expect(sum(built())).toBeCloseTo(1.811889, 5)
  const output = (hidden: number[]): number[] => valuesOf(built({ hidden }).output.weight.value)
  expect(output([5, 6])).toEqual(output([7, 6]))
})

test('disposing frees all', () => {
  const before = tf.memory().numTensors
  const net = built({ norm: 'batch' })
  tf.tidy(() => void net.forward(normal([3, 2, 3])))
  net.dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('bad input', () => {
  const before = tf.memory().numTensors
  expect(() => built({ hidden: [0] })).toThrow('mlp: hidden: [0] came, expected a list of')
  expect(() => built({ input: [2, -3] })).toThrow('mlp: input: [2,-3] came')
  expect(() => built({ dropout: 2 })).toThrow('mlp: dropout: 2 came')
  expect(() => built({ activation: 'rellu' as 'relu' })).toThrow("Did you mean 'relu'?")
  expect(() => built({ norm: 'lyer' as 'layer' })).toThrow("Did you mean 'layer'?")
  expect(tf.memory().numTensors).toBe(before)
  expect(() => built().forward(normal([3, 6]))).toThrow(
    'mlp: an input of shape [3,6] came, expected [batch, 2, 3]',
  )
  expect(() => built().forward(normal([2, 3]))).toThrow('expected [batch, 2, 3]')
})
