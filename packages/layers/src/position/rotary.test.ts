import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { checkGradient } from '@winnow/core/testing'
import { describe, expect, test } from 'vitest'
import { expectClose, normal, reader, sumOf, tabulate, valuesOf } from '../testing/values.ts'
import { type RotaryOptions, rotary } from './rotary.ts'

/** The definition, as loops over pairs. */
function byLoops(
  x: tf.Tensor,
  place: (n: number, i: number) => number,
  { base = 10_000, interleaved = false }: RotaryOptions = {},
): tf.Tensor {
  const size = x.shape[3] as number
  const at = reader(x)
  return tabulate(x.shape, (n, h, i, e) => {
    const half = size / 2
    const k = interleaved ? Math.floor(e / 2) : e % half
    const first = interleaved ? 2 * k : k
    const second = interleaved ? 2 * k + 1 : k + half
    const angle = place(n, i) * base ** ((-2 * k) / size)
    const [a, b] = [at(n, h, i, first), at(n, h, i, second)]
    return e === first
      ? a * Math.cos(angle) - b * Math.sin(angle)
      : b * Math.cos(angle) + a * Math.sin(angle)
  })
}

const x = normal([2, 3, 4, 6])

describe.each<[string, RotaryOptions]>([
  ['halves', {}],
  ['neighbours', { interleaved: true }],
  ['another base', { base: 50 }],
])('agrees with loops: %s', (_, options) => {
  test('places from 0, or from a number on', () => {
    expectClose(
      rotary(x, undefined, options),
      byLoops(x, (_n, i) => i, options),
      1e-6,
    )
    expectClose(
      rotary(x, 1000, options),
      byLoops(x, (_n, i) => 1000 + i, options),
      1e-6,
    )
  })
  test('places as a tensor', () => {
    const first = rotary(x, tf.scalar(7, 'int32'), options)
    expectClose(
      first,
      byLoops(x, (_n, i) => 7 + i, options),
      1e-6,
    )
    const each = rotary(x, tf.tensor1d([3, 0, 9, 1]), options)
    expectClose(
      each,
      byLoops(x, (_n, i) => [3, 0, 9, 1][i] as number, options),
      1e-6,
    )
    const places = tf.tensor2d([3, 0, 9, 1, 5, 6, 7, 8], [2, 4], 'int32')
    const batch = rotary(x, places, options)
    expectClose(
      batch,
      byLoops(x, (n, i) => reader(places)(n, i), options),
      1e-6,
    )
  })
})

test('products depend on the distance alone', () => {
  const [query, key] = [normal([1, 1, 1, 6], 1), normal([1, 1, 1, 6], 2)]
  const product = (i: number, j: number): number => {
    const [a, b] = [reader(rotary(query, i)), reader(rotary(key, j))]
    return sumOf(6, (e) => a(0, 0, 0, e) * b(0, 0, 0, e))
  }
  expect(product(9, 4)).toBeCloseTo(product(5, 0), 5)
  expect(product(505, 500)).toBeCloseTo(product(5, 0), 5)
  expect(product(5, 1)).not.toBeCloseTo(product(5, 0), 2)
})

test('lengths stay, and place 0 is left as it is', () => {
  expectClose(tf.norm(rotary(x, 5), 2, -1), tf.norm(x, 2, -1), 1e-6)
  const one = normal([1, 1, 1, 4])
  expect(valuesOf(rotary(one))).toEqual(valuesOf(one))
})

test('gradients', () => {
  const small = normal([1, 1, 2, 4])
  checkGradient((t) => rotary(t, 3), [small])
  checkGradient((t) => rotary(t, 3, { interleaved: true }), [small])
})

describe('bad input', () => {
  test.each<[string, () => unknown, string]>([
    ['an odd size', () => rotary(tf.zeros([1, 1, 2, 3])), 'rotary: size: 3 came, expected an even'],
    ['three axes', () => rotary(tf.zeros([1, 2, 4])), 'rotary: shape [1,2,4] came'],
    ['a base of 1', () => rotary(x, 0, { base: 1 }), 'rotary: base: 1 came'],
    ['a place of NaN', () => rotary(x, Number.NaN), 'rotary: positions: NaN came'],
    ['too few places', () => rotary(x, tf.zeros([3])), 'shape [3] came, expected a scalar, [4] or'],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message)
  })
})
