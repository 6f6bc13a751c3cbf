import { describe, expect, it } from 'vitest'
import { Analyzer, englishStopWords } from './analyzer.ts'
import { highlight } from './highlight.ts'
import { splitPassages } from './passages.ts'

describe('Analyzer', () => {
  it('makes terms of words in any script, in lower case, without endings', () => {
    const terms = (text: string): readonly string[] => new Analyzer().terms(text)
    expect(terms('Running DOGS ran; the dog’s run!')).toEqual([
      'run',
      'dog',
      'ran',
      'the',
      'dog',
      'run',
    ])
    expect(terms("don't e-mail naïve Ünïcode 3.14 x86_64")).toEqual([
      'dont',
      'e',
      'mail',
      'naïve',
      'ünïcode',
      '3',
      '14',
      'x86',
      '64',
    ])
    expect(terms('Привет, мир')).toEqual(['привет', 'мир'])
    expect(terms('検索する index')).toEqual(['検', '索', 'す', 'る', 'index'])
    expect(terms('ﬁle ＡＢＣ e\u0301')).toEqual(['file', 'abc', 'é'])
    expect(terms(' \n…!')).toEqual([])
  })

  it('leaves out stop words, and endings where it is told to', () => {
    expect(new Analyzer({ stopWords: englishStopWords }).terms('The end of the dogs')).toEqual([
      'end',
      'dog',
    ])
    expect(new Analyzer({ stemming: 'none' }).terms("Dogs don't")).toEqual(['dogs', "don't"])
    expect(() => new Analyzer({ stemming: 'german' as never })).toThrow("'german' is not known")
    expect(() => new Analyzer({ stopWords: 'the' as never })).toThrow('expected a list')
  })

  it('cuts a word without end, and takes megabytes of it', () => {
    const terms = new Analyzer().terms('y'.repeat(3_000_000))
    expect(terms).toHaveLength(Math.ceil(3_000_000 / 255))
    expect(terms[0]).toBe('y'.repeat(255))
  })

  it('gives the same term whether remembered or not', () => {
    const analyzer = new Analyzer()
    expect(analyzer.terms('hopping hopping')).toEqual(['hop', 'hop'])
  })
})

describe('highlight', () => {
  it('finds the words of a query in a passage, by their stems', () => {
    const passage = 'A dog barks. “Dogs” — barked the 犬 犬!'
    const marked = highlight(passage, 'barking dogs 犬').map(({ start, end }) =>
      passage.slice(start, end),
    )
    expect(marked).toEqual(['dog', 'barks', 'Dogs', 'barked', '犬', '犬'])
    expect(highlight(passage, ['dog'])).toHaveLength(2)
    expect(highlight(passage, 'barking', { analyzer: new Analyzer({ stemming: 'none' }) })).toEqual(
      [],
    )
    expect(highlight(passage, '')).toEqual([])
  })
})

describe('splitPassages', () => {
  const words = (count: number): string =>
    Array.from({ length: count }, (_, i) => `w${i}`).join(' ')

  it('covers every word, in passages that overlap', () => {
    const text = `  ${words(25)}\n`
    const passages = splitPassages(text, { words: 10, overlap: 3 })
    expect(passages.map((passage) => passage.text.split(' ').length)).toEqual([10, 10, 10, 4])
    expect(passages[1]?.text.split(' ')[0]).toBe('w7')
    expect(passages[3]?.text).toBe('w21 w22 w23 w24')
    for (const { text: part, start, end } of passages) expect(text.slice(start, end)).toBe(part)
  })

  it('ends after a sentence where one ends in the last part', () => {
    const ends = (text: string): string | undefined =>
      splitPassages(text, { words: 10, overlap: 0 })[0]?.text.split(/\s+/).at(-1)
    expect(ends('1 2 3 4 5 6. 7 8. 9 10 11 12')).toBe('8.')
    expect(ends('1 2 3 4. 5 6 7 8 9 10 11 12')).toBe('10')
    expect(ends('1 2 3 4 5 6 7\n\n8 9 10 11 12')).toBe('7')
    expect(ends('1 2 3 4. 5 6 7 8 9 10')).toBe('10')
  })

  it('counts tokens where it is told to, a word of many still taken', () => {
    const tokenizer = { encode: (text: string): readonly number[] => [...text].map(() => 0) }
    const passages = splitPassages('aa bbb cccc d 1234567', { tokens: 5, tokenizer, overlap: 1 })
    expect(passages.map(({ text }) => text)).toEqual(['aa bbb', 'cccc d', 'd', '1234567'])
    expect(() => splitPassages('a', { tokens: 5 })).toThrow('one came without the other')
  })

  it('takes blank texts, texts without blanks, and halves no character', () => {
    expect(splitPassages(' \n')).toEqual([])
    const faces = '\u{1f600}'.repeat(1000)
    const passages = splitPassages(faces, { words: 2, overlap: 0 })
    expect(passages).toHaveLength(8)
    expect(passages.map(({ text }) => text).join('')).toBe(faces)
    expect(passages[0]?.text).toHaveLength(2 * 2 * 64)
    expect(splitPassages('日本語の文。'.repeat(10), { words: 30 }).length).toBeGreaterThan(1)
  })

  it('is quick with much text', () => {
    const passages = splitPassages(words(300_000))
    expect(passages).toHaveLength(Math.ceil((300_000 - 20) / 100))
  })

  it('refuses sizes that are none', () => {
    expect(() => splitPassages('a', { words: 0 })).toThrow('0 came as the size')
    expect(() => splitPassages('a', { words: 5, overlap: 5 })).toThrow('overlap: 5 came')
  })
})
