import { describe, expect, it } from 'vitest'
import { countWords, wordsOf } from './words.ts'

describe('words', () => {
  it('are cut as GPT-2 cuts them', () => {
    expect([...wordsOf("It's we'll  two\n\nlines, 12th!? ")]).toEqual([
      'It',
      "'s",
      ' we',
      "'ll",
      ' ',
      ' two',
      '\n',
      '\n',
      'lines',
      ',',
      ' 12',
      'th',
      '!?',
      ' ',
    ])
    expect([...wordsOf('')]).toEqual([])
  })

  it('are counted over all texts', () => {
    expect([...countWords(['a b', ' b b'])]).toEqual([
      ['a', 1],
      [' b', 3],
    ])
  })
})
