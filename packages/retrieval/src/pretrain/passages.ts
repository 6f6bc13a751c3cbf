/**
 * Texts as passages of one length: the class token, the text's ids, the separator, and padding.
 */
import { ArrayDataset, check, type HostArray } from '@winnow/core'
import type { Tokenizer } from '@winnow/text'
import { specialIdsOf } from '../encoder/special-ids.ts'

/** What stands for the word of a separator, and of padding. */
const SEPARATOR = -1
export const PADDING = -2

/** Passages on the host. */
export interface PassageArrays {
  /** Ids int32 `[passages, tokens]`. */
  readonly ids: HostArray<Int32Array>
  /** The word of each id, from 0; -1 for class token and separator, -2 for padding. Of the same shape. */
  readonly words: HostArray<Int32Array>
}

/** Options of {@link encodePassages}. */
export interface EncodePassagesOptions {
  /** Length of every passage, class token and separator among them; what is longer is cut. */
  readonly tokens: number
}

/** @throws WinnowError when the tokenizer lacks a special token, there is no text, or `tokens` is below 3 */
export function passageArrays(
  tokenizer: Tokenizer,
  texts: readonly string[],
  { tokens }: EncodePassagesOptions,
): PassageArrays {
  const special = specialIdsOf(tokenizer)
  check(
    Number.isSafeInteger(tokens) && tokens >= 3,
    () => `passages: tokens: ${tokens} came, expected a whole number >= 3`,
  )
  check(texts.length > 0, () => 'passages: texts: none came, expected one at least')
  const ids = new Int32Array(texts.length * tokens).fill(special.padding)
  const words = new Int32Array(texts.length * tokens).fill(PADDING)
  for (const [row, text] of texts.entries()) {
    const encoded = tokenizer.encodeWords(text)
    const count = Math.min(encoded.ids.length, tokens - 2)
    const start = row * tokens
    ids[start] = special.class
    words[start] = SEPARATOR
    ids.set(encoded.ids.subarray(0, count), start + 1)
    words.set(encoded.words.subarray(0, count), start + 1)
    ids[start + count + 1] = special.separator
    words[start + count + 1] = SEPARATOR
  }
  const shape = [texts.length, tokens]
  return { ids: { data: ids, shape }, words: { data: words, shape } }
}

/** {@link passageArrays} as a dataset: `inputs` are the ids, `words` the words. */
export function encodePassages(
  tokenizer: Tokenizer,
  texts: readonly string[],
  options: EncodePassagesOptions,
): ArrayDataset {
  const { ids, words } = passageArrays(tokenizer, texts, options)
  return new ArrayDataset({ inputs: ids, words })
}
