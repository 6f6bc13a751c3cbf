import { describe, expect, it } from 'vitest'
import {
  constant,
  cosine,
  join,
  linear,
  piecewise,
  type Schedule,
  scheduleFrom,
  warmup,
  warmupCosine,
} from './schedule.ts'

describe('schedules', () => {
  it('linear goes from one end to the other and stays', () => {
    const schedule = linear({ from: 1, to: 3, steps: 4 })
    expect([0, 1, 2, 4, 100].map(schedule)).toEqual([1, 1.5, 2, 3, 3])
  })

  it('cosine goes from one end to the other, slow at both', () => {
    const schedule = cosine({ from: 2, steps: 100 })
    expect(schedule(0)).toBe(2)
    expect(schedule(50)).toBeCloseTo(1, 12)
    expect(schedule(25)).toBeCloseTo(1 + Math.SQRT1_2, 12)
    expect([schedule(100), schedule(1000)]).toEqual([0, 0])
  })

  it('warmup rises from above zero to where the next begins', () => {
    const schedule = warmup(4, linear({ from: 10, steps: 10 }))
    expect([0, 1, 2, 3, 4, 5, 14].map(schedule)).toEqual([2, 4, 6, 8, 10, 9, 0])
    expect(warmup(0, 3)(0)).toBe(3)
  })

  it('warmupCosine peaks after the warm-up and ends at the last step', () => {
    const schedule = warmupCosine({ peak: 1e-3, warmup: 10, steps: 110, end: 1e-5 })
    expect(schedule(10)).toBe(1e-3)
    expect(schedule(0)).toBeCloseTo(1e-3 / 11, 12)
    expect(schedule(60)).toBeCloseTo((1e-3 + 1e-5) / 2, 12)
    expect(schedule(110)).toBe(1e-5)
  })

  it('piecewise and join change at their starts, and join counts from them', () => {
    const steps = piecewise([
      [0, 1],
      [10, 0.1],
      [20, 0.01],
    ])
    expect([0, 9, 10, 19, 20, 99].map(steps)).toEqual([1, 1, 0.1, 0.1, 0.01, 0.01])
    const joined = join([
      [0, linear({ from: 0, to: 1, steps: 2 })],
      [2, linear({ from: 1, steps: 2 })],
    ])
    expect([0, 1, 2, 3, 4].map(joined)).toEqual([0, 0.5, 1, 0.5, 0])
  })

  it.each<[string, Schedule]>([
    ['constant', constant(0.5)],
    ['linear', linear({ from: 1, to: 0.1, steps: 7 })],
    ['warmupCosine', warmupCosine({ peak: 1, warmup: 3, steps: 9 })],
    [
      'join',
      join([
        [0, 1],
        [4, warmup(2, cosine({ from: 1, steps: 5 }))],
      ]),
    ],
  ])('%s is made again from its description as JSON', (_, schedule) => {
    const again = scheduleFrom(JSON.parse(JSON.stringify(schedule.description)))
    for (let step = 0; step < 12; step++) expect(again(step)).toBe(schedule(step))
  })

  it("has no description where a function of one's own is in it", () => {
    expect(warmup(3, (step) => step).description).toBeUndefined()
    expect(join([[0, (step) => step]]).description).toBeUndefined()
  })

  it.each([
    ['no steps', () => linear({ from: 1, steps: 0 }), /linear: steps: 0 came/],
    [
      'values that are not finite',
      () => cosine({ from: Number.NaN, steps: 1 }),
      /cosine: NaN came/,
    ],
    ['a fraction of a step', () => warmup(1.5, 1), /warmup: steps: 1.5 came/],
    ['a negative constant to join', () => join([[0, -1]]), /join: -1 came/],
    ['a first part that starts late', () => piecewise([[1, 1]]), /starts at 1/],
    [
      'starts out of order',
      () =>
        piecewise([
          [0, 1],
          [5, 1],
          [5, 2],
        ]),
      /start: 5 came/,
    ],
    ['a kind not known', () => scheduleFrom({ kind: 'cosin' } as never), /Did you mean 'cosine'/],
    [
      'a warm-up of all steps',
      () => warmupCosine({ peak: 1, warmup: 5, steps: 5 }),
      /steps: 5 came/,
    ],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})
