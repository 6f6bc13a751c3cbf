import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WinnowError } from '../error.ts'
import { parseCsv } from './csv.ts'

describe('parseCsv', () => {
  it('reads numbers without a header', () => {
    expect(parseCsv('1,2.5\r\n-3e2, .5 \r\n')).toEqual({
      data: Float32Array.of(1, 2.5, -300, 0.5),
      shape: [2, 2],
      dtype: 'float32',
    })
  })

  it('finds the header, the separator and quotes', () => {
    const table = parseCsv('\uFEFF"width; cm";height\n1;2\n\n"3";4')
    expect(table.columns).toEqual(['width; cm', 'height'])
    expect([...table.data]).toEqual([1, 2, 3, 4])
    expect(parseCsv('1\t2\n3\t4').shape).toEqual([2, 2])
    expect(parseCsv('1\n2\n3').shape).toEqual([3, 1])
  })

  it('takes a column as label, by name or number', () => {
    const text = 'kind,a,b\nsetosa,1,2\nvirginica,3,4\nsetosa,5,6\n'
    const byName = parseCsv(text, { label: 'kind' })
    expect(byName).toEqual({
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
      shape: [3, 2],
      dtype: 'float32',
      columns: ['a', 'b'],
      labels: Int32Array.of(0, 1, 0),
      classNames: ['setosa', 'virginica'],
    })
    expect(parseCsv(text, { label: 0 })).toEqual(byName)
    const digits = parseCsv('0,1,10\n0,1,9\n0,1,10', { label: -1 })
    expect([digits.classNames, [...(digits.labels ?? [])]]).toEqual([
      ['9', '10'],
      [1, 0, 1],
    ])
  })

  it('does not take words in the label column for a header', () => {
    const table = parseCsv('1,cat\n2,dog', { label: 1 })
    expect([table.shape, table.classNames]).toEqual([
      [2, 1],
      ['cat', 'dog'],
    ])
    expect(parseCsv('1,2\n3,4', { header: true }).shape).toEqual([1, 2])
  })

  it.each([
    ['nothing', '', {}, /table: no rows of numbers/],
    ['a header alone', 'a,b\n', {}, /no rows/],
    ['labels alone', 'a\nb', { label: 0 }, /no rows/],
    ['a word', 'a,b\n1,2\n3,x', {}, /table: row 3, column 'b': "x" came, expected a number/],
    ['an empty cell', '1,2\n,4', {}, /row 2, column 0: ""/],
    ['infinity', '1\nInfinity', {}, /row 2.*"Infinity"/],
    ['numbers beyond float32', '1\n1e39', {}, /"1e39"/],
    ['hexadecimal', '1\n0x10', {}, /"0x10"/],
    ['rows of two lengths', '1,2\n3', {}, /row 2 has 1 cells, the first has 2/],
    ['an open quote', '1,2\n"3,4', {}, /row 2: Quoted field unterminated/],
    ['an unknown label', 'a,b\n1,2', { label: 'c' }, /label: column 'c' came, but table has a, b/],
    ['a label beyond', '1,2', { label: 2 }, /label: column 2 came, but table has 2 columns/],
    ['a header refused', 'a,b\n1,2', { header: false }, /row 1, column 0: "a"/],
  ])('refuses %s', (_, text, options, message) => {
    expect(() => parseCsv(text, { name: 'table', ...options })).toThrow(WinnowError)
    expect(() => parseCsv(text, { name: 'table', ...options })).toThrow(message)
  })

  it('takes no time over hostile cells', { timeout: 3000 }, () => {
    for (const cell of [
      '1'.repeat(300_000),
      `${'1'.repeat(300_000)}x`,
      '"'.repeat(300_001),
      ','.repeat(300_000),
    ]) {
      expect(() => parseCsv(`0\n${cell}`)).toThrow(WinnowError)
    }
  })

  it('gives back any table of numbers', () => {
    const cell = fc.float({ noNaN: true, noDefaultInfinity: true })
    const table = fc
      .nat(5)
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width + 1, maxLength: width + 1 }), { minLength: 1 }),
      )
    fc.assert(
      fc.property(
        table,
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        (rows, comma, line) => {
          const { data, shape } = parseCsv(rows.map((row) => row.join(comma)).join(line))
          expect(shape).toEqual([rows.length, rows[0]?.length])
          expect([...data]).toEqual(rows.flat().map((value) => value + 0))
        },
      ),
      { numRuns: 300, seed: 1 },
    )
  })

  it('gives a table or a WinnowError for any text', () => {
    const scraps = fc
      .array(fc.constantFrom('1', '-2.5', 'a', '"', ',', ';', '\n', '\r', '\t', ' ', '', 'e', '.'))
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(
        fc.oneof(scraps, fc.string({ unit: 'binary' })),
        fc.constantFrom(undefined, 0, -1, 'a'),
        (text, label) => {
          try {
            const { data, shape } = parseCsv(text, label === undefined ? {} : { label })
            expect(data.length).toBe((shape[0] as number) * (shape[1] as number))
            expect(data.every(Number.isFinite)).toBe(true)
          } catch (error) {
            expect(error).toBeInstanceOf(WinnowError)
          }
        },
      ),
      { numRuns: 4000, seed: 2 },
    )
  })
})
