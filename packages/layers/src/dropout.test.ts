import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { Dropout } from './dropout.ts'
import { testContext } from './testing/test-context.ts'
import { normal, valuesOf } from './testing/values.ts'

test('does nothing without a context, in validation and at rate 0', () => {
  const x = normal([3, 4])
  expect(new Dropout({ rate: 0.5 }).forward(x)).toBe(x)
  expect(new Dropout({ rate: 0.5 }).forward(x, testContext(false).context)).toBe(x)
  expect(new Dropout({ rate: 0 }).forward(x, testContext(true).context)).toBe(x)
})

test('zeroes the share asked for and scales what stays', () => {
  const y = valuesOf(
    new Dropout({ rate: 0.3 }).forward(tf.ones([100, 200]), testContext(true).context),
  )
  const kept = y.filter((value) => value !== 0)
  for (const value of new Set(kept)) expect(value).toBeCloseTo(1 / 0.7, 6)
  // 20,000 draws: one standard error is 0.0032.
  expect(kept.length / y.length).toBeCloseTo(0.7, 1.7)
})

test('draws from the stream of the context: the same seed, the same mask; the next call, another', () => {
  const layer = new Dropout({ rate: 0.5 })
  const x = tf.ones([4, 16])
  const { context } = testContext(true, 3)
  const first = valuesOf(layer.forward(x, context))
  expect(valuesOf(layer.forward(x, context))).not.toEqual(first)
  expect(valuesOf(layer.forward(x, testContext(true, 3).context))).toEqual(first)
})

test('bad input', () => {
  expect(() => new Dropout({ rate: 1 })).toThrow(
    'Dropout: rate: 1 came, expected a number in [0, 1)',
  )
  expect(() => new Dropout({ rate: Number.NaN })).toThrow('Dropout: rate: NaN came')
})
