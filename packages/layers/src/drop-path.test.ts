import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { DropPath } from './drop-path.ts'
import { testContext } from './testing/test-context.ts'
import { normal, valuesOf } from './testing/values.ts'

test('does nothing without a context, in validation and at rate 0', () => {
  const x = normal([3, 4])
  expect(new DropPath({ rate: 0.5 }).forward(x)).toBe(x)
  expect(new DropPath({ rate: 0.5 }).forward(x, testContext(false).context)).toBe(x)
  expect(new DropPath({ rate: 0 }).forward(x, testContext(true).context)).toBe(x)
})

test('drops whole examples, as many as asked for, and scales the others: the expectation is the input', () => {
  const y = new DropPath({ rate: 0.3 }).forward(tf.ones([20_000, 3]), testContext(true).context)
  const rows = y.arraySync() as number[][]
  for (const [first, ...others] of rows) for (const other of others) expect(other).toBe(first)
  const values = valuesOf(y)
  expect([...new Set(values)].sort()).toEqual([0, Math.fround(1 / 0.7)])
  // One standard error of the mean is 0.0046.
  expect(values.reduce((a, b) => a + b) / values.length).toBeCloseTo(1, 1.6)
})

test('draws from the stream of the context: the same seed, the same examples; the next call, others', () => {
  const layer = new DropPath({ rate: 0.5 })
  const x = tf.ones([32, 2, 2])
  const { context } = testContext(true, 3)
  const first = valuesOf(layer.forward(x, context))
  expect(valuesOf(layer.forward(x, context))).not.toEqual(first)
  expect(valuesOf(layer.forward(x, testContext(true, 3).context))).toEqual(first)
})

test('bad input', () => {
  expect(() => new DropPath({ rate: 1 })).toThrow('DropPath: rate: 1 came')
  expect(() =>
    new DropPath({ rate: 0.5 }).forward(tf.scalar(1), testContext(true).context),
  ).toThrow('DropPath: a scalar came')
})
