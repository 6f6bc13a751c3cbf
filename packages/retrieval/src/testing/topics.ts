/**
 * Passages of planted topics: each topic has words of its own, a passage speaks of one topic, and its halves say it in
 * other words. No word is in both halves, so that one half finds the other only for who has learnt which words go together.
 */
import { Rng } from '@winnow/core'
import { PASSAGE_TOKENS, type Tokenizer, trainTokenizer } from '@winnow/text'

/** Two halves of one passage. */
export interface PlantedPassage {
  readonly first: string
  readonly second: string
  readonly topic: number
}

export interface PlantedOptions {
  readonly passages: number
  readonly topics: number
  /** Words that belong to a topic, of which each half has a half. */
  readonly words: number
  /** Words of each half. */
  readonly length: number
  /** Share of words that belong to another topic. */
  readonly noise: number
  readonly seed?: number
}

const SYLLABLES = ['ba', 'ke', 'lo', 'mi', 'nu', 'ra', 'so', 'ti', 'vu', 'ze'] as const

/** A word for each number below 1000. */
function word(number: number): string {
  return String(number)
    .padStart(3, '0')
    .replaceAll(/\d/g, (digit) => SYLLABLES[Number(digit)] as string)
}

/** Passages in the order of their topics, over and over. */
export function plantedPassages(options: PlantedOptions): readonly PlantedPassage[] {
  const { passages, topics, words, length, noise, seed = 1 } = options
  const rng = new Rng(seed)
  return Array.from({ length: passages }, (_, p) => {
    const topic = p % topics
    const draws = rng.fold(p)
    const order = draws.permutation(words)
    const half = (own: Int32Array): string =>
      Array.from({ length }, () => {
        if (draws.number() < noise) return word(Math.floor(draws.number() * topics * words))
        return word(topic * words + (own[Math.floor(draws.number() * own.length)] as number))
      }).join(' ')
    const middle = Math.floor(words / 2)
    return { first: half(order.subarray(0, middle)), second: half(order.subarray(middle)), topic }
  })
}

/** A tokenizer in which most words are one entry. */
export function plantedTokenizer(passages: readonly PlantedPassage[]): Tokenizer {
  return trainTokenizer(
    passages.map(({ first, second }) => ` ${first} ${second}`),
    { vocabulary: 1400, special: PASSAGE_TOKENS },
  )
}
