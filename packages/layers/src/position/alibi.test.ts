import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { expectClose, reader, tabulate, valuesOf } from '../testing/values.ts'
import { alibi, alibiSlopes } from './alibi.ts'

test('slopes: the numbers of the paper, and those of its code between powers of two', () => {
  expect(alibiSlopes(8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((h) => 2 ** -h))
  expect(alibiSlopes(1)).toEqual([2 ** -8])
  const sixteen = alibiSlopes(16)
  expect(sixteen[0]).toBeCloseTo(Math.SQRT1_2, 12)
  expect(sixteen.at(-1)).toBe(2 ** -8)
  expect(alibiSlopes(3)).toEqual([2 ** -4, 2 ** -8, 2 ** -2])
  // BLOOM's twelve heads: eight, then four of sixteen.
  expect(alibiSlopes(12)).toEqual(
    [...alibiSlopes(8), 0, 2, 4, 6].map((s, i) => (i < 8 ? s : sixteen[s]!)),
  )
})

test('falls with the distance', () => {
  const expected = tabulate([2, 3, 3], (h, i, j) => -[2 ** -4, 2 ** -8][h]! * Math.abs(i - j))
  expectClose(alibi(2, 3), expected, 1e-7)
})

test('queries are the last tokens, or stand at a position', () => {
  const whole = reader(alibi(4, 6))
  const last = tabulate([4, 2, 6], (h, i, j) => whole(h, i + 4, j))
  expect(valuesOf(alibi(4, 2, 6))).toEqual(valuesOf(last))
  const middle = valuesOf(tabulate([4, 2, 6], (h, i, j) => whole(h, i + 3, j)))
  expect(valuesOf(alibi(4, 2, 6, { position: 3 }))).toEqual(middle)
  expect(valuesOf(alibi(4, 2, 6, { position: tf.scalar(3, 'int32') }))).toEqual(middle)
})

describe('bad input', () => {
  test.each<[string, () => unknown, string]>([
    ['no heads', () => alibi(0, 2), 'alibi: heads: 0 came'],
    ['fewer keys', () => alibi(2, 3, 2), 'alibi: keys: 2 came, expected a whole number >= 3'],
    ['half a position', () => alibi(2, 3, 4, { position: 0.5 }), 'alibi: position: 0.5 came'],
    ['positions', () => alibi(2, 2, 4, { position: tf.zeros([2]) }), 'position: shape [2] came'],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message)
  })
})
