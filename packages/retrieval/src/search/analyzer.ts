/**
 * From text to the terms that a lexical index counts: Unicode words, NFKC, lower case, the possessive 's taken off, English
 * words reduced to their stem (Porter, 1980, by the package `stemmer`). Characters of Chinese and Japanese are terms of
 * their own, since no blanks part their words.
 */
import { check, unknownName } from '@winnow/core'
import { stemmer } from 'stemmer'

/** How words are reduced. */
export type Stemming = 'english' | 'none'

/** Options of an {@link Analyzer}, as plain JSON. */
export interface AnalyzerConfig {
  /** 'english' by default; words with letters beyond a to z are left as they are. */
  readonly stemming?: Stemming
  /** Lower-case words that are no terms; none by default. {@link englishStopWords} is a list. */
  readonly stopWords?: readonly string[]
}

/** A word of a text: its term, and where it stands, in UTF-16 units. */
export interface Word {
  readonly term: string
  readonly start: number
  readonly end: number
}

/** The stop words of Lucene's English analyzer. */
export const englishStopWords: readonly string[] = (
  'a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to ' +
  'was will with'
).split(' ')

const ideographs = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}]'
const letter = `(?:(?!${ideographs})[\\p{L}\\p{M}\\p{N}])`
// A word over 255 characters is cut, as in Lucene: a file without blanks must not become one term.
const word = new RegExp(`${ideographs}|${letter}{1,255}(?:['\u2019]${letter}{1,255}){0,3}`, 'gu')

/** Stems remembered, since texts say the same few words; emptied when full. */
const MOST_STEMS = 50_000
/** Longer ones are no English words. */
const LONGEST_STEMMED = 40

/** Makes terms of texts. The same configuration gives the same terms. */
export class Analyzer {
  readonly config: Required<AnalyzerConfig>
  readonly #stopWords: ReadonlySet<string>
  readonly #stems = new Map<string, string>()

  /** @throws WinnowError when the stemming is not known, or the stop words are no list of texts */
  constructor(config: AnalyzerConfig = {}) {
    const { stemming = 'english', stopWords = [] } = config
    if (stemming !== 'english' && stemming !== 'none') {
      throw unknownName('Analyzer: stemming', String(stemming), ['english', 'none'])
    }
    check(
      Array.isArray(stopWords) && stopWords.every((text) => typeof text === 'string'),
      () => 'Analyzer: stopWords: expected a list of words',
    )
    this.config = { stemming, stopWords: [...stopWords] }
    this.#stopWords = new Set(stopWords)
  }

  /** The terms of a text, in their order, repeated as they repeat. */
  terms(text: string): readonly string[] {
    return this.words(text).map(({ term }) => term)
  }

  /** The words of a text that have a term, and where they stand. */
  words(text: string): readonly Word[] {
    const words: Word[] = []
    for (const found of text.matchAll(word)) {
      const term = this.#term(found[0])
      if (term !== undefined) {
        words.push({ term, start: found.index, end: found.index + found[0].length })
      }
    }
    return words
  }

  #term(text: string): string | undefined {
    const plain = text.normalize('NFKC').toLowerCase().replaceAll('\u2019', "'").replace(/'s$/, '')
    if (plain === '' || this.#stopWords.has(plain)) return undefined
    if (this.config.stemming === 'none') return plain
    const letters = plain.replaceAll("'", '')
    if (letters.length > LONGEST_STEMMED || !/^[a-z]{3,}$/.test(letters)) return plain
    const known = this.#stems.get(letters)
    if (known !== undefined) return known
    const stem = stemmer(letters)
    if (this.#stems.size >= MOST_STEMS) this.#stems.clear()
    this.#stems.set(letters, stem)
    return stem
  }
}
