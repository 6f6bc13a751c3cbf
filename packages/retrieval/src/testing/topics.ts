/**
 * Passages of planted topics: each topic has words of its own, each passage a topic, and both of its halves draw words of
 * it, so that one half should find the other.
 */
import { Rng } from '@winnow/core'
import { PASSAGE_TOKENS, type Tokenizer, trainTokenizer } from '@winnow/text'

/** Two texts of one passage. */
export interface PlantedPassage {
  readonly first: string
  readonly second: string
  readonly topic: number
}

export interface PlantedOptions {
  readonly passages: number
  readonly topics: number
  /** Words that belong to a topic. */
  readonly words: number
  /** Words of each half. */
  readonly length: number
  /** Share of words that belong to no topic. */
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

/** Halves draw from the passage's topic and, in part, from words of the passage's own. */
export function plantedPassages(options: PlantedOptions): readonly PlantedPassage[] {
  const { passages, topics, words, length, noise, seed = 1 } = options
  const rng = new Rng(seed)
  const common = topics * words
  return Array.from({ length: passages }, (_, p) => {
    const topic = p % topics
    const draws = rng.fold(p)
    // A passage speaks of a few of its topic's words.
    const own = [...draws.permutation(words).subarray(0, Math.max(2, Math.floor(words / 3)))]
    const half = (): string =>
      Array.from({ length }, () => {
        const kind = draws.number()
        if (kind < noise) return word(common + Math.floor(draws.number() * (1000 - common)))
        return word(topic * words + (own[Math.floor(draws.number() * own.length)] as number))
      }).join(' ')
    return { first: half(), second: half(), topic }
  })
}

/** A tokenizer in which most words are one entry. */
export function plantedTokenizer(passages: readonly PlantedPassage[]): Tokenizer {
  return trainTokenizer(
    passages.flatMap(({ first, second }) => [` ${first}`, ` ${second}`]),
    { vocabulary: 1200, special: PASSAGE_TOKENS },
  )
}
