import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { parameters, states } from '@winnow/core'
import { describe, expect, test } from 'vitest'
import { expectClose, tabulate, valuesOf } from '../testing/values.ts'
import { SinCosPositions, sinCos, sinCosPositions } from './sin-cos.ts'

/** Entry `i` of the waves of one axis, `width` wide. */
function wave(position: number, i: number, width: number): number {
  const half = width / 2
  const angle = position * 10_000 ** (-(i % half) / half)
  return i < half ? Math.sin(angle) : Math.cos(angle)
}

describe('sinCos', () => {
  test('all sines, then all cosines, at any places', () => {
    const positions = tf.tensor2d([
      [0, 1.5, 7],
      [-2, 40, 3],
    ])
    const places = valuesOf(positions)
    const expected = tabulate([2, 3, 6], (i, j, k) => wave(places[i * 3 + j] as number, k, 6))
    expectClose(sinCos(positions, 6), expected, 1e-5)
    expectClose(sinCos(tf.cast(tf.tensor1d([2]), 'int32'), 4), sinCos(tf.tensor1d([2]), 4), 0)
  })

  test('another base', () => {
    const [sine] = valuesOf(sinCos(tf.tensor1d([4]), 4, { base: 16 })).slice(1)
    expect(sine).toBeCloseTo(Math.sin(4 * 16 ** -0.5), 6)
  })
})

describe('sinCosPositions', () => {
  test('of a sequence', () => {
    expectClose(
      sinCosPositions([5], 6),
      tabulate([5, 6], (i, k) => wave(i, k, 6)),
      1e-7,
    )
  })

  test('of an image: the column in the first half, the row in the second', () => {
    const expected = tabulate([3 * 5, 8], (place, k) =>
      k < 4 ? wave(place % 5, k, 4) : wave(Math.floor(place / 5), k - 4, 4),
    )
    expectClose(sinCosPositions([3, 5], 8), expected, 1e-7)
  })

  test('of a clip: column, row, frame', () => {
    const expected = tabulate([2 * 3 * 4, 12], (place, k) => {
      const positions = [place % 4, Math.floor(place / 4) % 3, Math.floor(place / 12)]
      return wave(positions[Math.floor(k / 4)] as number, k % 4, 4)
    })
    expectClose(sinCosPositions([2, 3, 4], 12), expected, 1e-7)
  })

  test('a class token gets zeros', () => {
    const positions = sinCosPositions([2, 2], 4, { classToken: true })
    expect(positions.shape).toEqual([5, 4])
    expect(valuesOf(positions).slice(0, 4)).toEqual([0, 0, 0, 0])
    expectClose(tf.slice(positions, 1), sinCosPositions([2, 2], 4), 0)
  })

  test('no two places are alike', () => {
    const rows = sinCosPositions([14, 14], 32)
    const texts = new Set((rows.arraySync() as number[][]).map(String))
    expect(texts.size).toBe(196)
  })
})

test('as a module: remembered, not trained', () => {
  const positions = new SinCosPositions({ grid: [2, 3], features: 4, classToken: true })
  expect([...states(positions).keys()]).toEqual(['weight'])
  expect(parameters(positions).size).toBe(0)
  const all = sinCosPositions([2, 3], 4, { classToken: true })
  expectClose(positions.rows(7), all, 0)
  expectClose(positions.rows(3, 2), tf.slice(all, 2, 3), 0)
  expectClose(positions.rows(3, tf.scalar(2, 'int32')), tf.slice(all, 2, 3), 0)
  expect(() => positions.rows(8)).toThrow('SinCosPositions: 8 tokens came, expected at most 7')
})

test('bad input', () => {
  expect(() => sinCos(tf.zeros([2]), 3)).toThrow(
    'sinCos: features: 3 came, expected an even number',
  )
  expect(() => sinCos(tf.zeros([2]), 0)).toThrow('sinCos: features: 0 came')
  expect(() => sinCos(tf.zeros([2]), 4, { base: 1 })).toThrow('sinCos: base: 1 came')
  expect(() => sinCosPositions([3, 3], 6)).toThrow(
    'sinCosPositions: features: 6 came, expected a multiple of 4 for a grid of 2 axes',
  )
  expect(() => sinCosPositions([3], 5)).toThrow('a multiple of 2 for a grid of 1 axis')
  expect(() => sinCosPositions([], 4)).toThrow('sinCosPositions: grid: [] came')
  expect(() => sinCosPositions([3, 0], 4)).toThrow('sinCosPositions: grid: [3,0] came')
})
