import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, slots } from '@winnow/core'
import { expect, test } from 'vitest'
import { checkLayerGradient } from '../testing/layer-gradient.ts'
import { expectClose, normal } from '../testing/values.ts'
import { LearnedPositions } from './learned.ts'

function positions(): LearnedPositions {
  return new LearnedPositions({ tokens: 5, features: 3 }, new Rng(1))
}

test('adds the first rows to the tokens', () => {
  const layer = positions()
  expect([...slots(layer)].map(([path, { slot }]) => [path, slot.shape])).toEqual([
    ['weight', [5, 3]],
  ])
  const x = normal([2, 4, 3])
  expectClose(layer.forward(x), tf.add(x, tf.slice(layer.weight.value, 0, 4)), 0)
})

test('rows from any place on, given as a number or a tensor', () => {
  const layer = positions()
  const expected = tf.slice(layer.weight.value, 2, 3)
  expectClose(layer.rows(3, 2), expected, 0)
  expectClose(layer.rows(3, tf.scalar(2, 'int32')), expected, 0)
})

test('gradients: rows that no token has get none', () => {
  checkLayerGradient(positions(), normal([2, 3, 3]))
})

test('bad input', () => {
  expect(() => positions().forward(tf.zeros([2, 6, 3]))).toThrow(
    'LearnedPositions: 6 tokens came, expected at most 5',
  )
  expect(() => positions().rows(2, 4)).toThrow('2 tokens from place 4 on came, expected at most 5')
  expect(() => positions().forward(tf.zeros([2, 5, 4]))).toThrow(
    'LearnedPositions: an input of shape [2,5,4] came, expected [batch, tokens, 3]',
  )
  expect(() => new LearnedPositions({ tokens: 0, features: 3 }, new Rng(1))).toThrow(
    'LearnedPositions: tokens: 0 came',
  )
})
