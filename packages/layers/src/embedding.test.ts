import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { gradient, Rng, slots } from '@winnow/core'
import { checkGradient } from '@winnow/core/testing'
import { describe, expect, test } from 'vitest'
import { checkIds, Embedding } from './embedding.ts'
import { expectClose, normal, reader, sumOf, tabulate, valuesOf } from './testing/values.ts'

function embedding(): Embedding {
  return new Embedding({ entries: 5, features: 3 }, new Rng(1))
}

describe('rows by id', () => {
  test.each<[number[], number[]]>([
    [[3], [4, 0, 4]],
    [
      [2, 2],
      [1, 1, 3, 0],
    ],
    [[1, 1], [2]],
    [[0, 4], []],
  ])('of shape %j', (shape, ids) => {
    const layer = embedding()
    const row = reader(layer.weight.value)
    const at = tf.tensor(ids, shape, 'int32')
    const flat = layer.forward(at)
    expect(flat.shape).toEqual([...shape, 3])
    const expected = tabulate([ids.length, 3], (i, k) => row(ids[i] as number, k))
    expectClose(tf.reshape(flat, [ids.length, 3]), expected, 0)
  })

  test('the gradient of a row is the sum over the places that looked it up', () => {
    const layer = embedding()
    const ids = tf.tensor2d([2, 0, 2, 2], [2, 2], 'int32')
    const weights = normal([2, 2, 3])
    const at = reader(weights)
    const [found] = gradient(
      () => tf.sum(tf.mul(layer.forward(ids), weights)),
      [layer.weight.value],
    ) as [tf.Tensor]
    const expected = tabulate([5, 3], (id, k) => {
      if (id === 0) return at(0, 1, k)
      return id === 2 ? at(0, 0, k) + at(1, 0, k) + at(1, 1, k) : 0
    })
    expectClose(found, expected, 1e-6)
  })
})

test('the logits of all entries, with the same weights', () => {
  const layer = embedding()
  const x = normal([2, 4, 3])
  const [at, row] = [reader(x), reader(layer.weight.value)] as const
  const expected = tabulate([2, 4, 5], (n, i, id) => sumOf(3, (k) => at(n, i, k) * row(id, k)))
  expectClose(layer.logits(x), expected, 1e-6)
  checkGradient((x) => layer.logits(x), [normal([2, 3])])
})

test('slots, and rows that start near zero', () => {
  const layer = new Embedding({ entries: 500, features: 8 }, new Rng(1))
  expect([...slots(layer).keys()]).toEqual(['weight'])
  const values = valuesOf(layer.weight.value)
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.04)
  expect(Math.max(...values)).toBeGreaterThan(0.035)
})

test('bad input', () => {
  expect(() => embedding().forward(tf.zeros([2, 3]))).toThrow(
    'Embedding: ids: a float32 tensor of shape [2,3] came, expected int32',
  )
  expect(() => embedding().forward(tf.tensor1d([5], 'int32'))).toThrow()
  expect(() => embedding().logits(tf.zeros([2, 4]))).toThrow('expected [batch, ..., 3]')
  expect(() => new Embedding({ entries: 0, features: 3 }, new Rng(1))).toThrow(
    'Embedding: entries: 0 came',
  )
  expect(() => checkIds('text', [0, 4, 5], 5)).toThrow(
    'text: the id 5 came at place 2, expected 0 to 4',
  )
  expect(() => checkIds('text', [-1], 5)).toThrow('the id -1')
  expect(() => checkIds('text', new Float32Array([0.5]), 5)).toThrow('the id 0.5')
  checkIds('text', new Int32Array([0, 4]), 5)
})
