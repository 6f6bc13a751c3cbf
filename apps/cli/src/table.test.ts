import { describe, expect, it } from 'vitest'
import { table } from './table.ts'

describe('table', () => {
  it('makes every column as wide as its widest cell, without blanks at the ends of lines', () => {
    expect(
      table([
        ['a', 'long', ''],
        ['bbb', 'c', 'd'],
      ]),
    ).toBe('a    long\nbbb  c     d')
  })

  it('sets columns to the right', () => {
    expect(
      table(
        [
          ['x', '-1.50'],
          ['y', '12.00'],
          ['z', '3.00'],
        ],
        [1],
      ),
    ).toBe('x  -1.50\ny  12.00\nz   3.00')
  })

  it('takes rows of different lengths, and none', () => {
    expect(table([['a'], ['b', 'c']])).toBe('a\nb  c')
    expect(table([])).toBe('')
  })
})
