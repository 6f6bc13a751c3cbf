import { array, assert, double, integer, property } from 'fast-check'
import { expect, it } from 'vitest'
import {
  FrequencyTable,
  quantiseFrequencies,
  TOTAL,
  tablesFromIntegers,
  tablesToIntegers,
} from './frequency-table.ts'

const countsIn = ({ cumulative }: FrequencyTable): number[] =>
  Array.from(cumulative.slice(1), (next, i) => next - (cumulative[i] as number))

it('gives every entry a count, 65,536 in all, and the escape what the probabilities lack', () => {
  assert(
    property(
      array(double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 300 }),
      double({ min: 0, max: 1, noNaN: true }),
      (raw, inside) => {
        const sum = raw.reduce((total, value) => total + value, 0) || 1
        const counts = countsIn(quantiseFrequencies(raw.map((value) => (value / sum) * inside)))
        expect(counts).toHaveLength(raw.length + 1)
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(1)
        expect(counts.reduce((total, count) => total + count)).toBe(TOTAL)
      },
    ),
  )
})

it('keeps proportions: at most a thousandth of a bit is lost on average', () => {
  const weights = Array.from({ length: 200 }, (_, i) => Math.exp(-i / 20))
  const sum = weights.reduce((total, weight) => total + weight)
  const probabilities = weights.map((weight) => weight / sum)
  const table = quantiseFrequencies(probabilities, { offset: -7 })
  const loss = probabilities.reduce(
    (total, p, i) => total + p * Math.log2((p * TOTAL) / table.frequency(i - 7)),
    0,
  )
  expect(loss).toBeGreaterThanOrEqual(0)
  expect(loss).toBeLessThan(1e-3)
})

it('knows an exact case by hand', () => {
  expect(countsIn(quantiseFrequencies([0.5, 0.25, 0.125]))).toEqual([32768, 16384, 8192, 8192])
  // The escape takes the one count that the first must give.
  expect(countsIn(quantiseFrequencies([1]))).toEqual([65535, 1])
  expect(countsIn(quantiseFrequencies([0, 0]))).toEqual([1, 1, 65534])
})

it('finds the entry in which each place among the counts lies', () => {
  const table = quantiseFrequencies([0.0001, 0.6, 0, 0, 0.2, 0.0001])
  for (let slot = 0; slot < TOTAL; slot += 17) {
    const first = table.index[slot >>> 8] as number
    expect(table.cumulative[first]).toBeLessThanOrEqual(slot)
  }
})

it('comes back from the integers that are stored, and from no others', () => {
  assert(
    property(array(integer({ min: 1, max: 40 }), { maxLength: 5 }), (sizes) => {
      const tables = sizes.map((size, i) =>
        quantiseFrequencies(new Array(size).fill(0.9 / size), { offset: i - size }),
      )
      expect(tablesFromIntegers(tablesToIntegers(tables))).toEqual(tables)
    }),
  )
  const stored = tablesToIntegers([quantiseFrequencies([0.5, 0.4])])
  expect(() => tablesFromIntegers(stored.slice(0, -1))).toThrow('more than there are integers')
  expect(() => tablesFromIntegers([...stored, 0])).toThrow('1 integers are left over')
  expect(() => tablesFromIntegers(stored.with(3, 5))).toThrow('expected 65536')
  expect(() => tablesFromIntegers(stored.with(0, 1e9))).toThrow('1000000000 tables came')
})

it('refuses counts and probabilities that are none', () => {
  expect(() => new FrequencyTable(0, [65535])).toThrow('frequencies of 65535 in all came')
  expect(() => new FrequencyTable(0, [65536, 0])).toThrow('frequency 0 came for entry 1')
  expect(() => new FrequencyTable(0.5, [TOTAL])).toThrow('offset 0.5 came')
  // 2^32 + 2^16 would be 2^16 in 32 bits.
  expect(() => new FrequencyTable(0, [2 ** 32, TOTAL])).toThrow('frequency 4294967296 came')
  expect(() => quantiseFrequencies([0.7, 0.7])).toThrow('probabilities of 1.4 in all came')
  expect(() => quantiseFrequencies([Number.NaN])).toThrow('probability NaN came for entry 0')
})
