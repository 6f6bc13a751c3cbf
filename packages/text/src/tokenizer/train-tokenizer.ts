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
  /** Entries to end with: special tokens, 256 bytes, and merges; fewer where the texts do not hold so many pairs. */
  readonly vocabulary: number
  /** Pairs that occur less often stay apart; 2 by default. */
  readonly leastCount?: number
  /** The special tokens, whose ids are 0 and on; the end of a text alone, `<|endoftext|>`, by default. */
  readonly special?: readonly string[]
}

/** What passages of a retriever need: padding, the place of a passage's vector, its end, and what stands for a hidden token. */
export const PASSAGE_TOKENS: readonly string[] = ['[PAD]', '[CLS]', '[SEP]', '[MASK]']

const BYTES = 256

/**
 * A tokenizer whose entries are the special tokens (by default the end of a text, id 0), the 256 bytes, and the most
 * frequent pairs of the texts.
 *
 * @throws WinnowError when `vocabulary` is below that of special tokens and bytes, or a special token comes twice
 */
export function trainTokenizer(texts: Iterable<string>, options: TrainTokenizerOptions): Tokenizer {
  const { vocabulary, leastCount = 2, special = [END_OF_TEXT] } = options
  const firstMerge = special.length + BYTES
  check(
    new Set(special).size === special.length && special.every((token) => [...token].length > 1),
    () =>
      `trainTokenizer: special: ${JSON.stringify(special)} came, expected different names of two characters at least`,
  )
  check(
    Number.isSafeInteger(vocabulary) && vocabulary >= firstMerge,
    () =>
      `trainTokenizer: vocabulary: ${vocabulary} came, expected a whole number >= ${firstMerge}`,
  )
  check(
    Number.isSafeInteger(leastCount) && leastCount >= 1,
    () => `trainTokenizer: leastCount: ${leastCount} came, expected a whole number >= 1`,
  )
  const encoder = new TextEncoder()
  const words = Array.from(
    countWords(texts),
    ([word, count]) =>
      [Array.from(encoder.encode(word), (byte) => byte + special.length), count] as const,
  )
  const merges = learnMerges(words, {
    firstSymbol: firstMerge,
    merges: vocabulary - firstMerge,
    leastCount,
  })
  const entries = [...special, ...byteCharacters]
  const pairs = merges.map(([left, right]): [string, string] => {
    const pair: [string, string] = [entries[left] as string, entries[right] as string]
    entries.push(pair.join(''))
    return pair
  })
  return tokenizerFrom(jsonOf(entries, pairs, special))
}

function jsonOf(
  entries: readonly string[],
  merges: readonly (readonly [string, string])[],
  special: readonly string[],
): TokenizerJson {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
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
