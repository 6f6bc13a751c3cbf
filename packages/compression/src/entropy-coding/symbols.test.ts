import { Rng, WinnowError } from '@winnow/core'
import { array, assert, integer, oneof, property, record } from 'fast-check'
import { expect, it } from 'vitest'
import { FrequencyTable, quantiseFrequencies, TOTAL } from './frequency-table.ts'
import { gaussianScales, gaussianTables } from './gaussian-tables.ts'
import { SymbolReader } from './symbol-reader.ts'
import { SymbolWriter } from './symbol-writer.ts'

const tables = [
  ...gaussianTables(),
  quantiseFrequencies([0.999]),
  quantiseFrequencies([0.2, 0.8], { offset: -1 }),
  new FrequencyTable(0, [TOTAL]),
  new FrequencyTable(0, [1, TOTAL - 1]),
  new FrequencyTable(5, new Uint32Array(TOTAL).fill(1)),
]

it('reads back what was written, whatever the values and tables', () => {
  const value = oneof(
    integer({ min: -3, max: 3 }),
    integer({ min: -2000, max: 2000 }),
    integer({ min: -(2 ** 30), max: 2 ** 30 }),
  )
  const symbol = record({ value, table: integer({ min: 0, max: tables.length - 1 }) })
  assert(
    property(array(symbol, { maxLength: 200 }), (symbols) => {
      const values = symbols.map(({ value }) => value)
      const choices = symbols.map(({ table }) => table)
      const writer = new SymbolWriter()
      writer.putAll(values, tables, choices)
      const reader = new SymbolReader(writer.finish())
      expect([...reader.getAll(tables, choices)]).toEqual(values)
      reader.finish()
    }),
    { numRuns: 500 },
  )
})

it('mixes symbols and plain bits', () => {
  assert(
    property(array(integer({ min: 1, max: 16 })), (counts) => {
      const writer = new SymbolWriter()
      const table = tables[20] as FrequencyTable
      for (const count of counts) {
        writer.put(count, table)
        writer.putBits(2 ** count - 1, count)
        writer.putBits(0, count)
      }
      const reader = new SymbolReader(writer.finish())
      for (const count of counts) {
        expect(reader.get(table)).toBe(count)
        expect(reader.getBits(count)).toBe(2 ** count - 1)
        expect(reader.getBits(count)).toBe(0)
      }
      reader.finish()
    }),
  )
})

it('writes the ends of int32, and refuses what lies outside', () => {
  const table = new FrequencyTable(0, [TOTAL - 1, 1])
  const ends = [2 ** 31 - 1, -(2 ** 31) + 1, 1, -1]
  const writer = new SymbolWriter()
  for (const value of ends) writer.put(value, table)
  const reader = new SymbolReader(writer.finish())
  for (const value of ends) expect(reader.get(table)).toBe(value)
  for (const value of [2 ** 31, 0.5, Number.NaN]) {
    expect(() => new SymbolWriter().put(value, table)).toThrow('expected a whole number')
  }
  expect(() => new SymbolWriter().putAll([1], [table], [2])).toThrow('table 2 came')
  expect(() => new SymbolWriter().putBits(2, 1)).toThrow('a whole number below 2^1')
})

it('takes the bits that a model estimates, within 1 % and 16 bytes', () => {
  const rng = new Rng(5)
  const gaussians = gaussianTables()
  for (const [name, count, low, high] of [
    ['few', 100, 0, 63],
    ['all scales', 30_000, 0, 63],
    ['nearly certain', 30_000, 0, 12],
    ['narrow', 30_000, 8, 24],
    ['wide', 30_000, 50, 63],
  ] as const) {
    const choices = Array.from(rng.uniformValues(count, low, high + 1), Math.floor)
    const noise = rng.normalValues(count)
    const values = choices.map((choice, i) =>
      Math.round((noise[i] as number) * (gaussianScales[choice] as number)),
    )
    const estimate = values.reduce((bits, value, i) => {
      const scale = gaussianScales[choices[i] as number] as number
      return bits - Math.log2(interval(value, scale))
    }, 0)
    const writer = new SymbolWriter()
    writer.putAll(values, gaussians, choices)
    const { length } = writer.finish()
    expect(Math.abs(length - estimate / 8), `${name}: ${length} bytes`).toBeLessThan(
      0.01 * (estimate / 8) + 16,
    )
  }
})

/** The probability of a rounded value under a normal distribution, as a model estimates it (Abramowitz and Stegun 7.1.26). */
function interval(value: number, scale: number): number {
  const erfc = (x: number): number => {
    const t = 1 / (1 + 0.3275911 * x)
    const series =
      t *
      (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return series * Math.exp(-x * x)
  }
  const away = Math.abs(value)
  const upper = erfc((away + 0.5) / scale / Math.SQRT2)
  if (away === 0) return 1 - upper
  return (erfc((away - 0.5) / scale / Math.SQRT2) - upper) / 2
}

it('says in words that data are damaged, or read by other tables', () => {
  const table = tables[30] as FrequencyTable
  const writer = new SymbolWriter()
  const rng = new Rng(3)
  // No -0, which toEqual tells from 0.
  const values = [...Int32Array.from(rng.normalValues(500, 0, 4), Math.round)]
  for (const value of values) writer.put(value, table)
  const bytes = writer.finish()
  const read = (given: Uint8Array, by = table): number[] => {
    const reader = new SymbolReader(given)
    const out = values.map(() => reader.get(by))
    reader.finish()
    return out
  }
  expect(read(bytes)).toEqual(values)
  for (let cut = 0; cut < bytes.length; cut++) {
    expect(() => read(bytes.slice(0, cut))).toThrow(WinnowError)
  }
  for (let at = 0; at < bytes.length; at++) {
    expect(() => read(bytes.with(at, (bytes[at] as number) ^ 4))).toThrow('damaged')
  }
  expect(() => read(bytes, tables[31] as FrequencyTable)).toThrow('damaged')
})
