import { expect, it } from 'vitest'
import { bjontegaardRate, type RatePoint } from './bjontegaard.ts'

const points = (rates: readonly number[], qualities: readonly number[]): RatePoint[] =>
  rates.map((rate, i) => ({ rate, quality: qualities[i] as number }))

// JPEG (its last point made up) and a scale hyperprior on Kodak, as CompressAI lists them.
const jpeg = points([0.221, 0.508, 0.964, 1.5], [23.78, 29.04, 32.4, 34.9])
const hyperprior = points([0.131, 0.478, 0.939, 1.66], [27.58, 32.84, 36.74, 40.56])

it('is the difference of rates, wherever it is the same', () => {
  for (const fit of ['cubic', 'piecewise'] as const) {
    const fifth = jpeg.map(({ rate, quality }) => ({ rate: rate * 0.8, quality }))
    expect(bjontegaardRate(jpeg, fifth, { fit })).toBeCloseTo(-0.2, 10)
    expect(bjontegaardRate(fifth, jpeg, { fit })).toBeCloseTo(0.25, 10)
    expect(bjontegaardRate(jpeg, [...jpeg].reverse(), { fit })).toBeCloseTo(0, 10)
  }
})

it('averages over the qualities in common: a straight line by hand', () => {
  // log2 of the rates is q / 6 - 5, and q / 5 - 7: from 30 to 36 they differ by q / 30 - 2, on average -0.9.
  const at = (qualities: number[], log: (q: number) => number) =>
    points(
      qualities.map((q) => 2 ** log(q)),
      qualities,
    )
  const anchor = at([24, 27, 31, 36], (q) => q / 6 - 5)
  const test = at([30, 33, 38, 45, 46], (q) => q / 5 - 7)
  for (const fit of ['cubic', 'piecewise'] as const) {
    expect(bjontegaardRate(anchor, test, { fit })).toBeCloseTo(2 ** -0.9 - 1, 8)
  }
})

it('agrees with polynomials fitted by numpy, and with Hermite cubics summed finely', () => {
  expect(bjontegaardRate(jpeg, hyperprior, { fit: 'cubic' })).toBeCloseTo(-0.5740620995, 8)
  expect(bjontegaardRate(jpeg, hyperprior)).toBeCloseTo(-0.5769046201, 8)
})

it('does not swing where the fitted polynomial does', () => {
  const flat = points([1, 1.01, 1.02, 8], [30, 30.1, 39.9, 40])
  const same = flat.map(({ rate, quality }) => ({ rate, quality: quality + 1e-9 }))
  expect(Math.abs(bjontegaardRate(flat, same))).toBeLessThan(1e-6)
  const lower = points([0.9, 0.92, 0.95, 7], [30, 33, 37, 40])
  // Between 30.1 and 39.9 the anchor is at 1 to 1.02, so the other cannot take less than 0.9 / 1.02 or three times as much.
  expect(bjontegaardRate(flat, lower)).toBeGreaterThan(-0.12)
  expect(bjontegaardRate(flat, lower)).toBeLessThan(1)
})

it('refuses curves that cannot be compared', () => {
  expect(() => bjontegaardRate(jpeg.slice(1), hyperprior)).toThrow('anchor: 3 points came')
  const above = jpeg.map(({ rate, quality }) => ({ rate, quality: quality + 50 }))
  expect(() => bjontegaardRate(jpeg, above)).toThrow('no qualities in common')
  expect(() => bjontegaardRate(jpeg, [...jpeg, { rate: 0, quality: 9 }])).toThrow('rate 0 at')
  expect(() => bjontegaardRate(jpeg, [...jpeg, jpeg[0] as RatePoint])).toThrow('came twice')
})
