import { Rng } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { VectorMemory } from './vector-memory.ts'

describe.each([
  ['SIMD', true],
  ['a loop', false],
])('VectorMemory by %s', (_, simd) => {
  it.each([1, 7, 8, 9, 256])('makes the products of vectors of %i values', (width) => {
    const rng = new Rng(width)
    const memory = new VectorMemory(width, { simd })
    const vectors = Array.from({ length: 300 }, () => rng.normalValues(width))
    for (const [row, vector] of vectors.entries()) memory.set(row, vector)
    const query = rng.normalValues(width)
    memory.aim(query)
    const product = (a: Float32Array, b: Float32Array): number =>
      a.reduce((sum, value, i) => sum + value * (b[i] as number), 0)
    for (const [row, vector] of vectors.entries()) {
      if (row % 50 === 0) expect(memory.get(row)).toEqual(vector)
      expect(memory.similarity(row)).toBeCloseTo(product(query, vector), 3)
      expect(memory.between(row, 299 - row)).toBeCloseTo(
        product(vector, vectors[299 - row] as Float32Array),
        3,
      )
    }
  })
})

describe('SIMD', () => {
  it('is there on this machine', () => {
    // Both give the same to float32's precision, but not to the bit: so it is known which one ran.
    const vector = new Rng(1).normalValues(256)
    const [fast, slow] = [true, false].map((simd) => {
      const memory = new VectorMemory(256, { simd })
      memory.aim(vector)
      memory.set(0, vector)
      return memory.similarity(0)
    })
    expect(fast).not.toBe(slow)
    expect(fast).toBe(Math.fround(fast as number))
  })
})
