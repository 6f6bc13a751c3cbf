import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng } from '@winnow/core'
import { beforeAll, expect, test } from 'vitest'
import { blockMask } from './block.ts'
import { randomMask } from './random.ts'
import type { MaskStrategy } from './strategy.ts'
import { hiddenRows } from './testing/hidden-rows.ts'

beforeAll(() => tf.setBackend('cpu'))

/** The share of pairs of neighbours of which both are hidden or both visible. */
const smoothness = (strategy: MaskStrategy, [rows, columns]: [number, number]): number => {
  let [same, pairs] = [0, 0]
  for (const flags of hiddenRows(strategy.draw([rows, columns], 40, new Rng(1)))) {
    for (let i = 0; i < flags.length; i++) {
      if ((i + 1) % columns !== 0) {
        pairs++
        if (flags[i] === flags[i + 1]) same++
      }
      if (i + columns < flags.length) {
        pairs++
        if (flags[i] === flags[i + columns]) same++
      }
    }
  }
  return same / pairs
}

test.each([
  [[14, 14], 0.4, 117, 79],
  [[7, 7], 0.75, 12, 37],
  [[3, 20], 0.6, 24, 36],
  [[50], 0.5, 25, 25],
  [[9, 1], 0.5, 4, 5],
  [[2, 2], 0.5, 2, 2],
  [[1], 0, 1, 0],
])('a grid of %j at %d keeps exactly %d and hides %d', (grid, ratio, kept, hidden) => {
  const strategy = blockMask({ ratio })
  expect(strategy.count(grid)).toEqual({ kept, hidden })
  const rows = hiddenRows(strategy.draw(grid, 50, new Rng(2)))
  for (const row of rows) expect(row.reduce((a, b) => a + b)).toBe(hidden)
  if (hidden > 0) expect(new Set(rows.map((row) => row.join())).size).toBeGreaterThan(3)
})

test('what is hidden hangs together', () => {
  const random = smoothness(randomMask({ ratio: 0.4 }), [14, 14])
  const block = smoothness(blockMask({ ratio: 0.4 }), [14, 14])
  // By chance: 0.4 * 0.4 + 0.6 * 0.6.
  expect(Math.abs(random - 0.52)).toBeLessThan(0.02)
  expect(block).toBeGreaterThan(0.82)
})

test('one block that fits is a rectangle of the sides that were allowed', () => {
  const shapes = new Set<string>()
  for (const flags of hiddenRows(
    blockMask({ ratio: 16 / 196, least: 16 }).draw([14, 14], 200, new Rng(3)),
  )) {
    const places = flags.flatMap((flag, i) => (flag === 1 ? [i] : []))
    const rows = places.map((place) => Math.floor(place / 14))
    const columns = places.map((place) => place % 14)
    const height = Math.max(...rows) - Math.min(...rows) + 1
    const width = Math.max(...columns) - Math.min(...columns) + 1
    if (height * width === 16) shapes.add(`${height}x${width}`)
  }
  expect([...shapes].sort()).toEqual(['2x8', '4x4', '8x2'])
})

test('where no block fits, what is hidden grows from one token', () => {
  // Squares alone: one of 13 tokens would have 4 x 4.
  const strategy = blockMask({ ratio: 13 / 196, aspect: 1 })
  for (const flags of hiddenRows(strategy.draw([14, 14], 20, new Rng(3)))) {
    const left = new Set(flags.flatMap((flag, i) => (flag === 1 ? [i] : [])))
    expect(left.size).toBe(13)
    const reached = [...left].slice(0, 1)
    left.delete(reached[0] as number)
    for (const place of reached) {
      const beside = [place - 14, place + 14]
      if (place % 14 > 0) beside.push(place - 1)
      if (place % 14 < 13) beside.push(place + 1)
      reached.push(...beside.filter((next) => left.delete(next)))
    }
    expect(left.size).toBe(0)
  }
})

test('every token has a chance to be hidden, and to be kept', () => {
  const mask = blockMask({ ratio: 0.5 }).draw([7, 7], 400, new Rng(4))
  const share = Array.from({ length: 49 }, () => 0)
  for (const row of hiddenRows(mask)) {
    for (const [i, flag] of row.entries()) share[i] = (share[i] ?? 0) + flag
  }
  expect(Math.min(...share)).toBeGreaterThan(40)
  expect(Math.max(...share)).toBeLessThan(360)
})

test('bad input', () => {
  expect(() => blockMask({ ratio: 1 })).toThrow('block: ratio: 1 came')
  expect(() => blockMask({ ratio: 0.5, least: 0 })).toThrow('block: least: 0 came')
  expect(() => blockMask({ ratio: 0.5, aspect: 2 })).toThrow('block: aspect: 2 came')
  expect(() => blockMask({ ratio: 0.5, size: 2 } as never)).toThrow("block: field: 'size'")
  expect(() => blockMask({ ratio: 0.5 }).count([2, 3, 4])).toThrow(
    'block: grid: [2,3,4] came, expected 1 or 2 whole numbers',
  )
  expect(() => blockMask({ ratio: 0.9 }).count([3, 3])).toThrow('would keep none')
})
