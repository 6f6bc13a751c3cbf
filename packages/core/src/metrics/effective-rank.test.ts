import { describe, expect, it } from 'vitest'
import { Rng } from '../rng.ts'
import { effectiveRank } from './effective-rank.ts'

const features = (rows: number[][]) => ({
  features: Float32Array.from(rows.flat()),
  shape: [rows.length, rows[0]?.length ?? 0] as const,
})

describe('effectiveRank', () => {
  it('is n for the identity, for any scale, and for orthogonal columns of many rows', () => {
    const size = 16
    const identity = Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_, j) => (i === j ? 1e-3 : 0)),
    )
    expect(effectiveRank(features(identity))).toBeCloseTo(size, 10)
    expect(effectiveRank(features([...identity, ...identity]))).toBeCloseTo(size, 10)
  })

  it('is 1 for rank one', () => {
    const rng = new Rng(1)
    const row = Array.from({ length: 24 }, () => rng.number())
    const rows = Array.from({ length: 60 }, () => {
      const scale = rng.number()
      return row.map((value) => value * scale)
    })
    // What float32 rounding of the data leaves.
    expect(effectiveRank(features(rows))).toBeCloseTo(1, 4)
    expect(effectiveRank(features(Array.from({ length: 9 }, () => [1, 2, 3])))).toBe(1)
  })

  it('is the exponential of the entropy of singular values, not of their squares', () => {
    // Shares 3/4 and 1/4.
    const expected = Math.exp(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)))
    expect(
      effectiveRank(
        features([
          [3, 0],
          [0, 1],
        ]),
      ),
    ).toBeCloseTo(expected, 12)
  })

  it('takes the mean off when asked', () => {
    const rows = [
      [101, 0],
      [99, 0],
      [100, 1],
      [100, -1],
    ]
    expect(effectiveRank(features(rows))).toBeLessThan(1.1)
    expect(effectiveRank(features(rows), { centre: true })).toBeCloseTo(2, 10)
  })

  it('refuses zeros and numbers that are not finite', () => {
    expect(() => effectiveRank(features([[0, 0]]))).toThrow('all zero')
    expect(() =>
      effectiveRank(
        features([
          [1, 0],
          [2, Number.NaN],
        ]),
      ),
    ).toThrow('effectiveRank: NaN came as feature 1 of item 1, expected finite numbers')
    expect(() => effectiveRank({ features: new Float32Array(3), shape: [2, 2] })).toThrow(
      'effectiveRank: 3 values came with shape [2,2], expected [items, features] with as many values',
    )
  })
})
