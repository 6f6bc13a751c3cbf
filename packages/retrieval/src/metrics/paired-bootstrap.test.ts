import { Rng } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { bootstrap, pairedBootstrap } from './paired-bootstrap.ts'

const named = (values: ArrayLike<number>): Map<string, number> =>
  new Map(Array.from(values, (value, i) => [`q${i}`, value]))

const rng = new Rng(3)
const base = rng.normalValues(200, 0.5, 0.1)
const better = base.map((value, i) => value + 0.01 + 0.01 * Math.sin(i))

describe('the bootstrap', () => {
  it('has the width of the normal interval where values are many and normal', () => {
    const { mean, low, high } = bootstrap(named(base), { samples: 4000 })
    const average = base.reduce((sum, value) => sum + value, 0) / 200
    const deviation = Math.sqrt(base.reduce((sum, value) => sum + (value - average) ** 2, 0) / 200)
    expect(mean).toBeCloseTo(average, 6)
    const width = (2 * 1.96 * deviation) / Math.sqrt(200)
    expect((high - low) / width).toBeGreaterThan(0.93)
    expect((high - low) / width).toBeLessThan(1.07)
    const narrower = bootstrap(named(base), { samples: 4000, confidence: 0.5 })
    expect((narrower.high - narrower.low) / (high - low)).toBeCloseTo(0.674 / 1.96, 1)
  })

  it('is the same for the same seed', () => {
    const options = { samples: 500, seed: 4 }
    expect(bootstrap(named(base), options)).toEqual(bootstrap(named(base), options))
    expect(bootstrap(named(base), options)).not.toEqual(
      bootstrap(named(base), { ...options, seed: 5 }),
    )
  })

  it('sees a small difference that holds for every query, since the same queries are drawn', () => {
    const { first, second, difference } = pairedBootstrap(named(better), named(base), {
      samples: 2000,
    })
    expect(first.low).toBeLessThan(second.high)
    expect(difference.mean).toBeCloseTo(0.01, 2)
    expect(difference.low).toBeGreaterThan(0.008)
    expect(difference.high).toBeLessThan(0.012)
  })

  it('pairs by query, whatever their order', () => {
    const turned = new Map([...named(base)].reverse())
    const { difference } = pairedBootstrap(named(better), turned, { samples: 500 })
    expect(difference.low).toBeGreaterThan(0.008)
  })

  it('refuses what are no pairs', () => {
    expect(() => pairedBootstrap(named([1, 2]), named([1]))).toThrow("query 'q1'")
    expect(() => pairedBootstrap(named([1]), named([1, 2]))).toThrow("query 'q1'")
    expect(() => bootstrap(new Map())).toThrow('none came')
    expect(() => bootstrap(named([1]), { confidence: 95 })).toThrow('confidence: 95 came')
    expect(() => bootstrap(named([1]), { samples: 0 })).toThrow('samples: 0 came')
  })
})
