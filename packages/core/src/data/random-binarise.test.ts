import { describe, expect, it } from 'vitest'
import { Rng } from '../rng.ts'
import { randomBinarise } from './random-binarise.ts'

describe('randomBinarise', () => {
  it('gives ones as often as the grey value says, keeping black and white', () => {
    const data = Float32Array.from({ length: 30_000 }, (_, i) => [0, 0.25, 1][i % 3] as number)
    const out = randomBinarise()({ data, shape: [30_000] }, new Rng(1)).data
    const ones = [0, 0, 0]
    for (const [i, value] of out.entries()) ones[i % 3] = (ones[i % 3] ?? 0) + value
    expect(ones[0]).toBe(0)
    expect((ones[1] ?? 0) / 10_000).toBeCloseTo(0.25, 1)
    expect(ones[2]).toBe(10_000)
    expect(data[1]).toBe(0.25)
  })

  it('refuses values that are no probabilities', () => {
    const images = { data: Float32Array.of(0.5, 255), shape: [2] }
    expect(() => randomBinarise()(images, new Rng(1))).toThrow('randomBinarise: 255 came')
  })
})
