import { describe, expect, it } from 'vitest'
import { LEVELS } from '../data.ts'
import { madeUpReport } from '../testing/made-up-report.ts'
import {
  barHeights,
  ordered,
  pageTools,
  rowAfterKey,
  searchFeatures,
  searchTexts,
  shown,
  strength,
  visibleRows,
} from './tools.ts'

const texts = [
  { main: ' cat', rest: 'the cat sat on 1 mat' },
  { main: ' mat\n on', rest: 'and the mat' },
  { main: 'x', rest: 'nothing' },
]

describe('searching', () => {
  it('finds strong tokens first, then other tokens of examples, whatever their case', () => {
    expect(searchFeatures(texts, ' MAT ')).toEqual([1, 0])
    expect(searchFeatures(texts, 'cat sat')).toEqual([0])
    expect(searchFeatures(texts, 'zebra')).toEqual([])
    expect(searchFeatures(texts, '  ')).toEqual([0, 1, 2])
  })

  it('finds a number first, and with # alone', () => {
    expect(searchFeatures(texts, '1')).toEqual([1, 0])
    expect(searchFeatures(texts, '#1')).toEqual([1])
    expect(searchFeatures(texts, '#7')).toEqual([])
    expect(searchFeatures(texts, '7')).toEqual([])
  })

  it('takes the texts from the data', () => {
    const [first] = searchTexts({
      vocabulary: ['A', ' Bee', ' c'],
      stream: [0, 1, 2, 0],
      features: [
        {
          on: 1,
          most: 1,
          bins: [1],
          near: [],
          up: [[2, 1]],
          down: [],
          examples: [{ start: 0, peak: 1, levels: '0z0' }],
        },
      ],
    })
    expect(first).toEqual({ main: ' bee\n c', rest: 'a bee c\n' })
  })

  it('orders by a count, ties by number, and leaves its argument as it is', () => {
    const features = [3, 9, 3].map((on) => ({ on, most: -on }))
    const found = [2, 1, 0]
    expect(ordered(found, features, 'on')).toEqual([1, 0, 2])
    expect(ordered(found, features, 'most')).toEqual([0, 2, 1])
    expect(ordered(found, features, 'number')).toEqual([2, 1, 0])
    expect(found).toEqual([2, 1, 0])
  })
})

describe('the list', () => {
  it('has the rows in sight, and a few more', () => {
    expect(visibleRows({ top: 0, height: 100 }, 10, 4096)).toEqual({ first: 0, end: 18 })
    expect(visibleRows({ top: 1000, height: 100 }, 10, 4096)).toEqual({ first: 92, end: 118 })
    expect(visibleRows({ top: 1000, height: 100 }, 10, 5)).toEqual({ first: 5, end: 5 })
    expect(visibleRows({ top: 0, height: 0 }, 10, 0)).toEqual({ first: 0, end: 0 })
  })

  it('is moved through by keys, within its ends', () => {
    expect(rowAfterKey('ArrowDown', 3, 10, 4)).toBe(4)
    expect(rowAfterKey('ArrowUp', 0, 10, 4)).toBe(0)
    expect(rowAfterKey('PageDown', 8, 10, 4)).toBe(9)
    expect(rowAfterKey('PageUp', 8, 10, 4)).toBe(4)
    expect(rowAfterKey('Home', 8, 10, 4)).toBe(0)
    expect(rowAfterKey('End', 2, 10, 4)).toBe(9)
    for (const key of ['x', 'toString', 'Tab']) expect(rowAfterKey(key, 2, 10, 4)).toBeUndefined()
    expect(rowAfterKey('End', 0, 0, 4)).toBeUndefined()
  })
})

describe('a feature', () => {
  it('is shaded by the letters that the report writes', () => {
    expect([...LEVELS].map(strength)).toEqual([...LEVELS].map((_, level) => level / 61))
    expect(strength('?')).toBe(0)
  })

  it('has bars by the logarithm of the counts', () => {
    expect(barHeights([0, 0])).toEqual([0, 0])
    expect(barHeights([Math.E ** 4 - 1, Math.E ** 2 - 1])).toEqual([1, expect.closeTo(0.5, 6)])
  })

  it('shows line ends', () => {
    expect(shown('a\n\tb')).toBe('a↵⇥b')
    expect(shown('<|endoftext|>')).toBe('∎')
  })
})

it('works from source text alone, as in the page', () => {
  for (const [name, tool] of Object.entries(pageTools)) {
    // Without anything of this module around it.
    const again: unknown = new Function(`const __name = (f) => f; return (${tool})`)()
    expect(typeof again, name).toBe('function')
  }
  const lone = new Function(`return (${searchTexts})`)() as typeof searchTexts
  const data = madeUpReport(20)
  expect(lone(data)).toEqual(searchTexts(data))
})
