import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Normalisation, rangeNormalisation, standardNormalisation } from './normalisation.ts'

describe('Normalisation', () => {
  it('maps bytes to [0, 1] and to [-1, 1], and back without loss', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    for (const to of [
      [0, 1],
      [-1, 1],
    ] as const) {
      const normalisation = rangeNormalisation({ to })
      const values = normalisation.apply(bytes)
      expect([values[0], values[255]]).toEqual([to[0], to[1]])
      expect(normalisation.undoToBytes(values)).toEqual(bytes)
    }
    expect(rangeNormalisation().undoToBytes(Float32Array.of(-1, 2, 0.499))).toEqual(
      Uint8Array.of(0, 255, 127),
    )
  })

  it('standardises each channel, a constant one only by its centre', () => {
    const data = Float32Array.of(1, 100, 5, 3, 300, 5)
    const normalisation = standardNormalisation({ data, shape: [2, 3] })
    expect(normalisation.toJSON()).toEqual({ offset: [2, 200, 5], scale: [1, 100, 1] })
    expect([...normalisation.apply(data)]).toEqual([-1, -1, 0, 1, 1, 0])
    const whole = standardNormalisation({ data, shape: [2, 3] }, { perChannel: false })
    expect(whole.offset).toEqual([69])
  })

  it('keeps its digits where the mean is far above the deviation', () => {
    const data = Float32Array.from({ length: 1000 }, (_, i) => 1e6 + (i % 2))
    expect(standardNormalisation({ data, shape: [1000, 1] }).scale[0]).toBeCloseTo(0.5, 9)
  })

  it('is undone by undo, from its JSON too', () => {
    const numbers = fc.float({ min: -1000, max: 1000, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(numbers, fc.float({ min: Math.fround(0.01), max: 100, noNaN: true })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.array(numbers, { maxLength: 5 }),
        (channels, row) => {
          const config = { offset: channels.map(([o]) => o), scale: channels.map(([, s]) => s) }
          const normalisation = new Normalisation(
            JSON.parse(JSON.stringify(new Normalisation(config))),
          )
          const values = Float32Array.from(row.flatMap((value) => channels.map(() => value)))
          const back = normalisation.undo(normalisation.apply(values))
          values.forEach((value, i) => {
            expect(Math.abs((back[i] as number) - value)).toBeLessThan(1e-3)
          })
        },
      ),
      { numRuns: 300, seed: 1 },
    )
  })

  it.each([
    ['lists of two lengths', { offset: [0], scale: [1, 2] }],
    ['no channel', { offset: [], scale: [] }],
    ['a scale of zero', { offset: [0], scale: [0] }],
    ['what is no number', { offset: [Number.NaN], scale: [1] }],
    ['a broken checkpoint', JSON.parse('{"offset":["0"],"scale":["1"]}')],
    ['an empty record', JSON.parse('{}')],
  ])('refuses %s', (_, config) => {
    expect(() => new Normalisation(config)).toThrow(/normalisation: /)
  })

  it('refuses values that are no whole number of channels, and a range turned round', () => {
    const normalisation = new Normalisation({ offset: [0, 0], scale: [1, 1] })
    expect(() => normalisation.apply(new Float32Array(3))).toThrow(/3 came.*2 channels/)
    expect(() => rangeNormalisation({ to: [1, 0] })).toThrow(/to: \[1,0\]/)
    expect(() => standardNormalisation({ data: new Float32Array(0), shape: [0] })).toThrow(
      /no values/,
    )
  })
})
