import { describe, expect, it } from 'vitest'
import { Rng } from '../rng.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

/** Symmetric numbers in [-1, 1). */
function symmetric(size: number, seed: number): Float64Array {
  const rng = new Rng(seed)
  const matrix = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = 2 * rng.number() - 1
      matrix[i * size + j] = value
      matrix[j * size + i] = value
    }
  }
  return matrix
}

/** The largest element of V A V^T - diag(values) and of V V^T - I. */
function errors(matrix: Float64Array, size: number): { product: number; unit: number } {
  const { values, vectors } = symmetricEigen(matrix, size)
  let product = 0
  let unit = 0
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) {
      let along = 0
      let overlap = 0
      for (let i = 0; i < size; i++) {
        const left = vectors[a * size + i] as number
        overlap += left * (vectors[b * size + i] as number)
        for (let j = 0; j < size; j++) {
          along += left * (matrix[i * size + j] as number) * (vectors[b * size + j] as number)
        }
      }
      product = Math.max(product, Math.abs(along - (a === b ? (values[a] as number) : 0)))
      unit = Math.max(unit, Math.abs(overlap - (a === b ? 1 : 0)))
    }
  }
  return { product, unit }
}

describe('symmetricEigen', () => {
  it('knows the second difference: 2 - 2 cos(pi j / (n + 1))', () => {
    const size = 30
    const matrix = new Float64Array(size * size)
    for (let i = 0; i < size; i++) {
      matrix[i * size + i] = 2
      if (i > 0) matrix[i * size + i - 1] = -1
    }
    const { values } = symmetricEigen(matrix, size, { vectors: false })
    for (const [i, value] of values.entries()) {
      const expected = 2 - 2 * Math.cos((Math.PI * (size - i)) / (size + 1))
      expect(Math.abs(value - expected)).toBeLessThan(1e-13)
    }
  })

  it.each([1, 2, 3, 8, 33])('diagonalises a random matrix of size %i', (size) => {
    const { product, unit } = errors(symmetric(size, size), size)
    expect(product).toBeLessThan(1e-13 * size)
    expect(unit).toBeLessThan(1e-13 * size)
  })

  it('copes with equal values, zeros and very unequal scales', () => {
    const cases: [number, number[]][] = [
      [3, [2, 0, 0, 0, 2, 0, 0, 0, 2]],
      [3, [0, 0, 0, 0, 0, 0, 0, 0, 0]],
      [3, [0, 1, 0, 1, 0, 0, 0, 0, 0]],
      [3, [1e200, 1e199, 0, 1e199, 1, 0, 0, 0, 1e-200]],
      [4, new Array(16).fill(1)],
    ]
    for (const [size, numbers] of cases) {
      const matrix = Float64Array.from(numbers)
      const { product, unit } = errors(matrix, size)
      expect(product).toBeLessThan(1e-14 * size * (1 + Math.max(...numbers)))
      expect(unit).toBeLessThan(1e-14 * size)
    }
    const { values } = symmetricEigen(new Array(16).fill(1), 4)
    expect(values[0]).toBeCloseTo(4, 13)
    expect(values[1]).toBeCloseTo(0, 13)
  })

  it('reads the lower triangle alone, and gives values without vectors', () => {
    const full = symmetric(6, 3)
    const lower = full.map((value, i) => (i % 6 > Math.floor(i / 6) ? 99 : value))
    const { values, vectors } = symmetricEigen(lower, 6, { vectors: false })
    expect(vectors).toHaveLength(0)
    expect(values).toEqual(symmetricEigen(full, 6).values)
    expect(values).toEqual(values.toSorted().reverse())
  })

  it('refuses other counts and numbers that are not finite', () => {
    expect(() => symmetricEigen([1, 2, 3], 2)).toThrow(
      'symmetricEigen: 3 values came for size 2, expected size * size',
    )
    expect(() => symmetricEigen([1, 2, Number.NaN, 3], 2)).toThrow('not finite')
  })
})
