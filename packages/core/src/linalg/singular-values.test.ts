import { describe, expect, it } from 'vitest'
import { singularValues } from './singular-values.ts'

describe('singularValues', () => {
  it('knows a matrix and its transpose', () => {
    // [[3, 0], [4, 5]] has A^T A = [[25, 20], [20, 25]], so 45 and 5.
    const tall = singularValues([3, 0, 4, 5, 0, 0], [3, 2])
    const wide = singularValues([3, 4, 0, 0, 5, 0], [2, 3])
    for (const values of [tall, wide]) {
      expect(values).toHaveLength(2)
      expect(values[0]).toBeCloseTo(Math.sqrt(45), 12)
      expect(values[1]).toBeCloseTo(Math.sqrt(5), 12)
    }
  })

  it('gives zero for what rounding alone leaves', () => {
    const row = [0.1, 0.7, -0.3, 0.9]
    const matrix = [1, 3, -7, 11, 0.3].flatMap((scale) => row.map((value) => scale * value))
    expect([...singularValues(matrix, [5, 4])].slice(1)).toEqual([0, 0, 0])
  })

  it('refuses other counts', () => {
    expect(() => singularValues([1, 2, 3], [2, 2])).toThrow(
      'singularValues: 3 values came with shape [2,2], expected rows * columns',
    )
  })
})
