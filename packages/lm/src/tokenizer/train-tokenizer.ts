/**
 * Learning the vocabulary of byte-level byte-pair encoding from text (Sennrich, Haddow and Birch, 2016; on bytes: Radford
 * et al., 2019).
 */
import { check } from '@winnow/core'
import { byteCharacters } from './byte-alphabet.ts'
import { learnMerges } from './merges.ts'
import { END_OF_TEXT, type Tokenizer, type TokenizerJson, tokenizerFrom } from './tokenizer.ts'
import { countWords } from './words.ts'

/** Options of {@link trainTokenizer}. */
export interface TrainTokenizerOptions {
  /** Entries to end with: the end of a text, 256 bytes, and merges; fewer where the texts do not hold so many pairs. */
  readonly vocabulary: number
  /** Pairs that occur less often stay apart; 2 by default. */
  readonly leastCount?: number
}

/** The end of a text, and every byte. */
const FIRST_MERGE = 257

/**
 * A tokenizer whose entries are the end of a text (id 0), the bytes (1 to 256), and the most frequent pairs of the texts.
 *
 * @throws WinnowError when `vocabulary` is below 257
 */
export function trainTokenizer(texts: Iterable<string>, options: TrainTokenizerOptions): Tokenizer {
  const { vocabulary, leastCount = 2 } = options
  check(
    Number.isSafeInteger(vocabulary) && vocabulary >= FIRST_MERGE,
    () =>
      `trainTokenizer: vocabulary: ${vocabulary} came, expected a whole number >= ${FIRST_MERGE}`,
  )
  check(
    Number.isSafeInteger(leastCount) && leastCount >= 1,
    () => `trainTokenizer: leastCount: ${leastCount} came, expected a whole number >= 1`,
  )
  const encoder = new TextEncoder()
  const words = Array.from(
    countWords(texts),
    ([word, count]) => [Array.from(encoder.encode(word), (byte) => byte + 1), count] as const,
  )
  const merges = learnMerges(words, {
    firstSymbol: FIRST_MERGE,
    merges: vocabulary - FIRST_MERGE,
    leastCount,
  })
  const entries = [END_OF_TEXT, ...byteCharacters]
  const pairs = merges.map(([left, right]): [string, string] => {
    const pair: [string, string] = [entries[left] as string, entries[right] as string]
    entries.push(pair.join(''))
    return pair
  })
  return tokenizerFrom(jsonOf(entries, pairs))
}

function jsonOf(
  entries: readonly string[],
  merges: readonly (readonly [string, string])[],
): TokenizerJson {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: 0,
        content: END_OF_TEXT,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: { ...byteLevel, use_regex: true },
    post_processor: null,
    decoder: { ...byteLevel, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(entries.map((entry, id) => [entry, id])),
      merges,
    },
  }
}
