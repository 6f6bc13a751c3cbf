import { Rng } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { type SampleOptions, sampleLogits } from './sample-logits.ts'

const probabilities = [0.1, 0.4, 0.05, 0.3, 0.15]
const logits = probabilities.map((p) => Math.log(p) + 3)
const DRAWS = 20_000

/** How often each id was drawn. */
function shares(options: SampleOptions): number[] {
  const rng = new Rng(1)
  const counts = new Array(logits.length).fill(0)
  for (let i = 0; i < DRAWS; i++) counts[sampleLogits(logits, rng, options)] += 1 / DRAWS
  return counts
}

function expectShares(options: SampleOptions, weights: readonly number[]): void {
  const all = weights.reduce((a, b) => a + b)
  for (const [id, share] of shares(options).entries()) {
    const expected = (weights[id] as number) / all
    // Four deviations of a count.
    const allowed = 4 * Math.sqrt((expected * (1 - expected)) / DRAWS)
    expect(Math.abs(share - expected)).toBeLessThanOrEqual(allowed + 1e-9)
  }
}

describe('sampleLogits', () => {
  it('draws by the softmax, at any temperature', () => {
    expectShares({}, probabilities)
    expectShares(
      { temperature: 0.5 },
      probabilities.map((p) => p ** 2),
    )
    expectShares(
      { temperature: 3 },
      probabilities.map((p) => p ** (1 / 3)),
    )
  })

  it('draws from the most likely alone', () => {
    expectShares({ topK: 2 }, [0, 0.4, 0, 0.3, 0])
    expectShares({ topK: 99 }, probabilities)
    expectShares({ topP: 0.6 }, [0, 0.4, 0, 0.3, 0])
    expectShares({ topP: 0.75 }, [0, 0.4, 0, 0.3, 0.15])
    expectShares({ topP: 1e-9 }, [0, 1, 0, 0, 0])
    expectShares({ topK: 3, topP: 0.75 }, [0, 0.4, 0, 0.3, 0])
  })

  it('takes the most likely, the lower id of equals, without a draw at temperature 0', () => {
    const rng = new Rng(1)
    expect(sampleLogits([1, 3, 3, 2], rng, { temperature: 0 })).toBe(1)
    expect(rng.number()).toBe(new Rng(1).number())
    expect(sampleLogits([-1e30, Number.NEGATIVE_INFINITY, 5], rng)).toBe(2)
  })

  it('refuses what is no number', () => {
    for (const logit of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => sampleLogits([0, logit], new Rng(1))).toThrow(`token 1 is ${logit}`)
    }
  })
})
