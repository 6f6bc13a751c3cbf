import { Rng } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { probeLoss } from './probe-loss.ts'

const rows = 400
const latents = 3
const rng = new Rng(4)
const labels = Array.from({ length: rows }, () => (rng.number() < 0.25 ? 1 : 0))
/** Latent 1 is on where the concept is, mostly; the others know nothing. */
const codesOf = (right: number): number[] =>
  labels.flatMap((label) => {
    const known = rng.number() < right ? label : 1 - label
    return [rng.number(), known * (0.5 + rng.number()), 0]
  })

describe('the probe loss', () => {
  it('is near 0 where a latent is the concept, at chance where none knows of it', () => {
    const { loss, latent, losses, chance } = probeLoss(codesOf(1), labels, latents)
    expect(latent).toBe(1)
    expect(loss).toBe(losses[1])
    expect(loss).toBeLessThan(0.01)
    expect(loss).toBeGreaterThanOrEqual(0)
    expect(losses[2]).toBeCloseTo(chance, 6)
    expect(losses[0]).toBeGreaterThan(0.95 * chance)
    expect(losses[0]).toBeLessThanOrEqual(chance)
  })

  it('is the entropy that is left where a latent with two values is wrong in places', () => {
    // p(y | f) of each of the two values, counted: what a logistic regression of a bit comes to.
    const bits = labels.map((label, i) => (i % 5 === 0 ? 1 - label : label))
    const entropy = (a: number, b: number): number =>
      a === 0 || b === 0 ? 0 : -(a * Math.log(a / (a + b)) + b * Math.log(b / (a + b))) / rows
    const count = (bit: number, label: number): number =>
      bits.filter((one, i) => one === bit && labels[i] === label).length
    const expected = entropy(count(0, 0), count(0, 1)) + entropy(count(1, 0), count(1, 1))
    expect(probeLoss(bits, labels, 1).loss).toBeCloseTo(expected, 4)
  })

  it('does not change with the scale of a latent', () => {
    const codes = codesOf(0.9)
    const loss = probeLoss(codes, labels, latents).loss
    expect(loss).toBeGreaterThan(0.1)
    expect(
      probeLoss(
        codes.map((value) => 1e6 * value),
        labels,
        latents,
      ).loss,
    ).toBeCloseTo(loss, 9)
  })

  it('refuses labels of one kind, other lengths, and what is not finite', () => {
    expect(() => probeLoss([1, 2], [1, 1], 1)).toThrow('all 2 are 1')
    expect(() => probeLoss([1, 2, 3], [0, 1], 1)).toThrow('3 numbers came for 2 labels')
    expect(() => probeLoss([1, 2], [0, 2], 1)).toThrow('2 came in row 1')
    expect(() => probeLoss([1, Number.NaN], [0, 1], 1)).toThrow('NaN came in row 1')
  })
})
