import { expect, it } from 'vitest'
import { halves } from './half.ts'

/** The number that float16 bits stand for. */
function valueOfHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const [exponent, mantissa] = [(bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * mantissa * 2 ** -24
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

it('every float16 number survives', () => {
  for (let bits = 0; bits < 0x7c01; bits++) {
    expect(halves(Float32Array.of(valueOfHalf(bits)))[0]).toBe(bits)
  }
})

it('rounds to the nearest, ties to even, and overflows to infinity', () => {
  const round = (value: number): number => valueOfHalf(Number(halves(Float32Array.of(value))[0]))
  expect(round(1 + 2 ** -11)).toBe(1)
  expect(round(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9)
  expect(round(2049)).toBe(2048)
  expect(round(65519)).toBe(65504)
  expect(round(65520)).toBe(Number.POSITIVE_INFINITY)
  expect(round(-1e9)).toBe(Number.NEGATIVE_INFINITY)
  expect(round(2 ** -25)).toBe(0)
  expect(round(1.5 * 2 ** -25)).toBe(2 ** -24)
  expect(round(Number.NaN)).toBeNaN()
})
