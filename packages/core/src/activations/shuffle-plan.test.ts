import { describe, expect, it } from 'vitest'
import { Rng } from '../rng.ts'
import { rowOrder, shuffleGroups } from './shuffle-plan.ts'

const parts = [
  { shard: 0, begin: 3, end: 40 },
  { shard: 1, begin: 0, end: 100 },
  { shard: 4, begin: 0, end: 1 },
]

describe('shuffleGroups', () => {
  it.each([1, 2, 10, 50, 137, 138, 1000])('holds every row once, %i at a time', (groupRows) => {
    for (const rng of [undefined, new Rng(2)]) {
      const groups = shuffleGroups(parts, groupRows, rng)
      const seen = new Set<string>()
      let start = 0
      for (const [i, group] of groups.entries()) {
        expect([group.index, group.start]).toEqual([i, start])
        expect(group.rows).toBeLessThanOrEqual(groupRows)
        let rows = 0
        for (const { shard, begin, end } of group.pieces) {
          for (let row = begin; row < end; row++) seen.add(`${shard}:${row}`)
          rows += end - begin
        }
        expect(group.rows).toBe(rows)
        start += rows
      }
      expect(start).toBe(138)
      expect(seen.size).toBe(138)
      // No group mixes far fewer places than the others.
      const sizes = groups.map(({ rows }) => rows)
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(Math.max(...sizes) / 2)
    }
  })

  it('keeps the order without a generator', () => {
    const order = shuffleGroups(parts, 20, undefined).flatMap(({ pieces }) => pieces)
    const sorted = [...order].sort((a, b) => a.shard - b.shard || a.begin - b.begin)
    expect(order).toEqual(sorted)
  })
})

describe('rowOrder', () => {
  it('is another for each group, the same for the same one', () => {
    const rng = new Rng(1)
    const groups = shuffleGroups([{ shard: 0, begin: 0, end: 200 }], 40, rng)
    const [first, second] = groups.filter(({ rows }) => rows === groups[0]?.rows)
    expect(first?.rows).toBe(second?.rows)
    if (first === undefined || second === undefined) return
    expect(rowOrder(first, rng)).toEqual(rowOrder(first, rng))
    expect(rowOrder(first, rng)).not.toEqual(rowOrder(second, rng))
    expect(rowOrder(first, undefined)).toBeUndefined()
  })
})
