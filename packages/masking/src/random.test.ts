import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng } from '@winnow/core'
import { beforeAll, expect, test } from 'vitest'
import { hiddenIndicator } from './mask.ts'
import { randomMask } from './random.ts'
import { hiddenRows } from './testing/hidden-rows.ts'
import { keepTokens, restoreTokens } from './tokens.ts'

beforeAll(() => tf.setBackend('cpu'))

test('49 tokens at a ratio of 0.75: exactly 12 are kept, in every example', () => {
  const strategy = randomMask({ ratio: 0.75 })
  expect(strategy.count([7, 7])).toEqual({ kept: 12, hidden: 37 })
  const rows = hiddenRows(strategy.draw([7, 7], 20, new Rng(1)))
  for (const row of rows) expect(row.reduce((a, b) => a + b)).toBe(37)
  expect(new Set(rows.map((row) => row.join(''))).size).toBe(20)
})

test('every token is hidden equally often, whatever else is hidden', () => {
  const mask = randomMask({ ratio: 0.75 }).draw([7, 7], 6000, new Rng(2))
  const hidden = hiddenIndicator(mask)
  const share = tf.mean(hidden, 0).dataSync()
  for (const found of share) expect(Math.abs(found - 37 / 49)).toBeLessThan(0.02)
  // Pairs of tokens: 37/49 * 36/48 of the examples hide both.
  const pairs = tf.div(tf.matMul(hidden, hidden, true), 6000).arraySync() as number[][]
  const both = (37 / 49) * (36 / 48)
  for (let i = 0; i < 49; i++) {
    for (let j = 0; j < i; j++) {
      expect(Math.abs((pairs[i]?.[j] ?? 0) - both)).toBeLessThan(0.03)
    }
  }
})

test('the order lists kept tokens first, each part in rising order, and restore is its inverse', () => {
  const mask = randomMask({ ratio: 0.6 }).draw([10], 4, new Rng(3))
  const order = mask.order.arraySync() as number[][]
  const restore = mask.restore.arraySync() as number[][]
  expect([mask.order.dtype, mask.restore.dtype]).toEqual(['int32', 'int32'])
  order.forEach((row, example) => {
    const parts = [row.slice(0, mask.kept), row.slice(mask.kept)]
    for (const part of parts) expect(part).toEqual([...part].sort((a, b) => a - b))
    expect(row.map((token) => restore[example]?.[token])).toEqual([...Array(10).keys()])
  })
})

test('a seed gives the same masks, the next draw others', () => {
  const draw = (rng: Rng): number[][] => hiddenRows(randomMask({ ratio: 0.5 }).draw([32], 2, rng))
  const rng = new Rng(4)
  const first = draw(rng)
  expect(first).toEqual(draw(new Rng(4)))
  expect(first).not.toEqual(draw(rng))
})

test('the share is exact where floating point is not', () => {
  const kept = (ratio: number, tokens: number): number => randomMask({ ratio }).count([tokens]).kept
  expect([kept(0.9, 10), kept(0.9, 100), kept(0.7, 10), kept(0.75, 49), kept(0.15, 512)]).toEqual([
    1, 10, 3, 12, 435,
  ])
})

test('a ratio of 0 keeps all in their order, one token too', () => {
  for (const tokens of [1, 6]) {
    const mask = randomMask({ ratio: 0 }).draw([tokens], 2, new Rng(5))
    expect([mask.kept, mask.hidden, mask.tokens]).toEqual([tokens, 0, tokens])
    expect((mask.order.arraySync() as number[][])[1]).toEqual([...Array(tokens).keys()])
    expect(hiddenRows(mask)[0]).toEqual(Array(tokens).fill(0))
  }
})

test('bad input', () => {
  for (const ratio of [1, -0.1, Number.NaN, 1.5, '0.5' as unknown as number]) {
    expect(() => randomMask({ ratio })).toThrow('expected a number from 0 to below 1')
  }
  const strategy = randomMask({ ratio: 0.75 })
  expect(() => strategy.count([3])).toThrow(
    'random: ratio: 0.75 of 3 tokens would keep none, expected at most 0.66',
  )
  expect(() => strategy.draw([1], 1, new Rng(1))).toThrow('0.75 of 1 tokens would keep none')
  expect(() => strategy.count([])).toThrow('random: grid: [] came')
  expect(() => strategy.count([2, 0])).toThrow('random: grid: [2,0] came')
  expect(() => strategy.draw([8], 0, new Rng(1))).toThrow('mask: batch: 0 came')
  expect(() => randomMask({ ratio: 0.5, share: 2 } as never)).toThrow(
    "random: field: 'share' is not known",
  )
})

test('nothing is left behind', () => {
  const before = tf.memory().numTensors
  const mask = randomMask({ ratio: 0.5 }).draw([8], 2, new Rng(1))
  expect(tf.memory().numTensors).toBe(before + 2)
  hiddenIndicator(mask).dispose()
  const none = tf.scalar(-1, 'int32')
  const kept = keepTokens(mask.order, mask)
  tf.dispose([none, kept, restoreTokens(kept, none, mask)])
  expect(tf.memory().numTensors).toBe(before + 2)
  tf.dispose({ ...mask })
  expect(tf.memory().numTensors).toBe(before)
})
