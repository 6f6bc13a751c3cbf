import { Rng } from '@winnow/core'
import { describe, expect, it, test } from 'vitest'
import { explainedVarianceConformance } from './conformance.ts'
import { explainedVariance, normalisedMeanSquaredError } from './explained-variance.ts'
import { explainedVarianceAs, type RivalDefinition } from './rivals.ts'
import type { Reconstructed } from './rows.ts'
import { deadLatents, l0 } from './sparsity.ts'

/** The rules that a definition breaks, with the scores found. */
const failures = (definition: RivalDefinition): Map<string, number> => {
  const measure = (from: Reconstructed) => explainedVarianceAs(definition, from)
  const broken = explainedVarianceConformance(measure, { rows: 500, tolerance: 0.02 })
  return new Map(broken.filter(({ passed }) => !passed).map(({ rule, found }) => [rule, found]))
}

describe('explained variance', () => {
  it('keeps every rule, and so does the error that is left', () => {
    for (const { rule, passed, found } of explainedVarianceConformance(explainedVariance)) {
      expect(passed, `${rule}: ${found}`).toBe(true)
    }
    const rest = explainedVarianceConformance((from) => 1 - normalisedMeanSquaredError(from))
    expect(rest.every(({ passed }) => passed)).toBe(true)
    expect(rest).toHaveLength(13)
  })

  it('is that of a sum by hand', () => {
    // Variation 2 + 8 about the means (2, 3); errors 1 + 4.
    const from = { data: [1, 1, 3, 5], reconstruction: [1, 2, 3, 3], width: 2 }
    expect(explainedVariance(from)).toBeCloseTo(0.5, 12)
    expect(normalisedMeanSquaredError(from)).toBeCloseTo(0.5, 12)
  })

  it('does not change when the data are shifted, even far', () => {
    const values = new Rng(1).normalValues(600)
    const guesses = new Rng(2).normalValues(600)
    const shifted = (by: number) =>
      explainedVariance({
        data: Float64Array.from(values, (value) => value + by),
        reconstruction: Float64Array.from(values, (value, i) => value + by + (guesses[i] ?? 0) / 3),
        width: 6,
      })
    expect(Math.abs(shifted(1e5) - shifted(0))).toBeLessThan(1e-9)
  })

  it('refuses data that do not vary, values that are not finite, and unequal lengths', () => {
    const from = { data: [2, 2], reconstruction: [1, 1], width: 1 }
    expect(() => explainedVariance(from)).toThrow('all rows are alike')
    expect(() => explainedVariance({ ...from, data: [2, Number.NaN] })).toThrow('NaN came in row 1')
    expect(() => normalisedMeanSquaredError({ ...from, reconstruction: [1] })).toThrow('2 and 1')
  })
})

describe("rivals' definitions", () => {
  it('sparsify is ours', () => expect(failures('sparsify').size).toBe(0))

  it('dictionary_learning is blind to a constant offset', () => {
    const found = failures('dictionary-learning')
    const offsets = [0, 1, 5].map(
      (mean) => `a constant offset of one deviation scores 0 (mean of the data ${mean})`,
    )
    expect([...found.keys()]).toEqual(offsets)
    for (const score of found.values()) expect(score).toBeCloseTo(1, 6)
  })

  it('openai grows with the mean of the data', () => {
    const found = failures('openai')
    expect(found.get('the mean scores 0 (mean of the data 1)')).toBeCloseTo(0.5, 1)
    expect(found.get('the mean scores 0 (mean of the data 5)')).toBeCloseTo(0.96, 2)
    expect(found.has('the mean scores 0 (mean of the data 0)')).toBe(false)
  })

  it('saelens-legacy weighs rows near the mean most', () => {
    const found = failures('saelens-legacy')
    const offset = 'a constant offset of one deviation scores 0 (mean of the data 0)'
    expect(found.get(offset)).toBeCloseTo(-0.03, 1)
    expect([...found.keys()].some((rule) => rule.startsWith('the mean scores 0'))).toBe(false)
  })

  it('saelens-6.18 grows with the mean of the data, and changes with their unit', () => {
    const found = failures('saelens-6.18')
    expect(found.get('the mean scores 0 (mean of the data 1)')).toBeCloseTo(0.48, 1)
    expect(found.get('the mean scores 0 (mean of the data 5)')).toBeCloseTo(0.94, 1)
    expect(found.has('noise of half the deviation scores 0.75 (in a tenth of the unit)')).toBe(true)
  })

  it('refuses a name that it does not know', () => {
    const from = { data: [1, 2], reconstruction: [1, 2], width: 1 }
    expect(() => explainedVarianceAs('saelens' as never, from)).toThrow("'saelens' is not known")
  })
})

test('L0 and dead latents', () => {
  const codes = [0, 2, 0, 1, 0, 3, 0, 0]
  expect(l0(codes, 4)).toBe(1.5)
  expect(deadLatents(codes, 4)).toEqual([0, 2])
  expect(() => l0([1, 2, 3], 2)).toThrow('l0: 3 numbers came')
})
