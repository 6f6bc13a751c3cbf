import { InvalidArgumentError } from 'commander'
import { describe, expect, it } from 'vitest'
import { amount, oneOf, whole, wholes } from './options.ts'

const refuses = (parse: (text: string) => unknown, texts: readonly string[], words: string) => {
  for (const text of texts) {
    expect(() => parse(text), text).toThrow(InvalidArgumentError)
    expect(() => parse(text), text).toThrow(words)
  }
}

describe('options', () => {
  it('whole takes whole numbers from a least one on', () => {
    expect(['1', '128', '1e3'].map(whole(1))).toEqual([1, 128, 1000])
    expect(whole(0)('0')).toBe(0)
    refuses(
      whole(1),
      ['0', '-1', '1.5', '', ' ', 'ten', 'NaN', 'Infinity', '1e99'],
      'Expected a whole number >= 1.',
    )
  })

  it('amount takes finite numbers', () => {
    expect(['0', '0.5', '2'].map(amount())).toEqual([0, 0.5, 2])
    refuses(amount(), ['-0.1', '', 'x', 'Infinity', 'NaN'], 'Expected a number >= 0.')
    refuses(amount({ positive: true }), ['0'], 'Expected a number > 0.')
  })

  it('wholes takes a list', () => {
    expect(wholes('512,256')).toEqual([512, 256])
    refuses(wholes, ['512,', '', '3,x', '0'], 'Expected a whole number >= 1.')
  })

  it('oneOf takes names, and lists them', () => {
    const parse = oneOf('random', 'none')
    expect(parse('none')).toBe('none')
    refuses(parse, ['nine', ''], 'Expected one of: random, none.')
  })
})
