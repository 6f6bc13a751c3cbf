import { describe, expect, it } from 'vitest'
import { nextWeight, type Tried } from './penalty-search.ts'

/** Tries until within a tenth of the target; the number of tries. */
function tries(l0Of: (weight: number) => number, target: number): number {
  const tried: Tried[] = []
  for (let n = 1; n <= 20; n++) {
    const weight = nextWeight(tried, target, 0.01)
    const l0 = l0Of(weight)
    if (Math.abs(l0 / target - 1) < 0.1) return n
    tried.push({ weight, l0 })
  }
  return Number.POSITIVE_INFINITY
}

describe('the search for a penalty', () => {
  it('begins where it is told, and finds a target along a power law in three tries', () => {
    expect(nextWeight([], 32, 0.02)).toBe(0.02)
    for (const slope of [0.7, 1, 1.6, 2.5]) {
      for (const target of [16, 32, 64]) {
        expect(tries((weight) => 40 * (weight / 0.02) ** -slope, target)).toBeLessThanOrEqual(3)
      }
    }
  })

  it('finds it where the line bends, and goes no wild ways where nothing is on', () => {
    expect(tries((weight) => 500 * Math.exp(-weight / 0.01), 32)).toBeLessThanOrEqual(6)
    expect(nextWeight([{ weight: 1, l0: 0 }], 32, 1)).toBe(1 / 8)
    expect(
      nextWeight(
        [
          { weight: 1, l0: 30 },
          { weight: 1, l0: 31 },
        ],
        32,
        1,
      ),
    ).toBeCloseTo(31 / 32, 6)
  })
})
