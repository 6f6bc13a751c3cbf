/**
 * Text to ids and back by byte-level byte-pair encoding (Sennrich et al., 2016; Radford et al., 2019), from a
 * `tokenizer.json` as Hugging Face's tokenizers write it. Their library encodes.
 */
import { Tokenizer as Encoder } from '@huggingface/tokenizers'
import { check, WinnowError } from '@winnow/core'
import { bytesOfEntry } from './byte-alphabet.ts'
import { wordsOf } from './words.ts'

/** Turns text into ids and back. Every text comes back as it was, but for halves of surrogate pairs. */
export interface Tokenizer {
  /** How many ids there are: from 0 to `vocabulary - 1`. */
  readonly vocabulary: number
  /** The id that stands between texts, which no text contains; undefined where the vocabulary has none. */
  readonly endOfText: number | undefined
  /** The special tokens and their ids: `{ '[PAD]': 0, ... }`. No text has them: what looks like one is text like any other. */
  readonly special: Readonly<Record<string, number>>
  /** Ids of a text; none of the empty one. */
  encode(text: string): Int32Array
  /** The same ids, and the number of the word that each belongs to, from 0: what whole words are masked by. */
  encodeWords(text: string): EncodedWords
  /** The text of ids. Bytes that are no whole character become U+FFFD; special tokens are written out. */
  decode(ids: ArrayLike<number>): string
  /** One id for the eye: its text, with bytes that are no whole character as `\xE2`. */
  text(id: number): string
  /** The bytes that ids stand for, in UTF-8. */
  bytes(ids: ArrayLike<number>): Uint8Array
  /** The contents of its `tokenizer.json`. */
  toJSON(): unknown
}

/** See {@link Tokenizer.encodeWords}: two arrays of one length. */
export interface EncodedWords {
  readonly ids: Int32Array
  /** Rising by 0 or 1 from one id to the next. */
  readonly words: Int32Array
}

/** The part of `tokenizer.json` that byte-level BPE has. */
export interface TokenizerJson {
  readonly version: string
  readonly truncation: null
  readonly padding: null
  readonly added_tokens: readonly AddedToken[]
  readonly normalizer: null
  readonly pre_tokenizer: object
  readonly post_processor: object | null
  readonly decoder: object
  readonly model: {
    readonly type: 'BPE'
    readonly vocab: Readonly<Record<string, number>>
    readonly merges: readonly (readonly [string, string])[]
    readonly [setting: string]: unknown
  }
}

interface AddedToken {
  readonly id: number
  readonly content: string
  readonly special: boolean
  readonly [setting: string]: unknown
}

/** How the end of a text is written, in GPT-2 and here. */
export const END_OF_TEXT = '<|endoftext|>'

/** How many words are remembered, and how long they may be. */
const MOST_KNOWN = 2 ** 17
const LONGEST_KNOWN = 64

/**
 * The tokenizer that a `tokenizer.json` describes (parsed, not as text).
 *
 * @throws WinnowError when it is not one of byte-level BPE without a normaliser, or its vocabulary has gaps, or lacks a byte
 */
export function tokenizerFrom(json: unknown): Tokenizer {
  const found = checked(json)
  const special = new Map(found.added_tokens.map(({ id, content }) => [id, content]))
  const entries = entriesOf(found)
  const bytesOf = entries.map((entry, id) => {
    const bytes = special.has(id) ? new TextEncoder().encode(special.get(id)) : bytesOfEntry(entry)
    check(
      bytes !== undefined,
      () =>
        `tokenizer: the entry '${entry}' (${id}) came, expected characters that stand for bytes`,
    )
    return bytes
  })
  // Without its added tokens the library finds none in a text.
  const encoder = inWords(
    () => new Encoder({ ...found, added_tokens: [], post_processor: null }, {}),
  )
  const bytes = (ids: ArrayLike<number>): Uint8Array => {
    const parts = Array.from(ids, (id) => {
      const part = bytesOf[id]
      check(
        part !== undefined,
        () =>
          `tokenizer: the id ${id} came, expected whole numbers from 0 to ${bytesOf.length - 1}`,
      )
      return part
    })
    const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const part of parts) {
      out.set(part, at)
      at += part.length
    }
    return out
  }
  const specialIds = Object.fromEntries([...special].map(([id, content]) => [content, id]))
  const encodeWords = wordEncoder((word) => encoder.encode(word).ids)
  return {
    vocabulary: entries.length,
    endOfText: specialIds[END_OF_TEXT],
    special: specialIds,
    encode: (text) => encodeWords(text).ids,
    encodeWords,
    decode: (ids) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(ids)),
    text: (id) => visible(bytes([id])),
    bytes,
    toJSON: () => json,
  }
}

/** Cuts texts into words and remembers the ids of those that came before: the library alone is ten times slower. */
function wordEncoder(encode: (word: string) => readonly number[]): Tokenizer['encodeWords'] {
  const known = new Map<string, readonly number[]>()
  return (text) => {
    const all: number[] = []
    const words: number[] = []
    let number = 0
    for (const word of wordsOf(text)) {
      let ids = known.get(word)
      if (ids === undefined) {
        ids = encode(word)
        if (known.size === MOST_KNOWN) known.clear()
        if (word.length <= LONGEST_KNOWN) known.set(word, ids)
      }
      for (const id of ids) {
        all.push(id)
        words.push(number)
      }
      number++
    }
    return { ids: Int32Array.from(all), words: Int32Array.from(words) }
  }
}

/** Whole characters as they are, other bytes as `\xE2`. */
function visible(bytes: Uint8Array): string {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let shown = ''
  for (let at = 0; at < bytes.length; ) {
    let length = 0
    for (let size = 1; size <= 4 && length === 0; size++) {
      try {
        if (at + size <= bytes.length) shown += strict.decode(bytes.subarray(at, at + size))
        else continue
        length = size
      } catch {
        // Not a character of this size.
      }
    }
    if (length === 0) {
      shown += `\\x${(bytes[at] as number).toString(16).toUpperCase().padStart(2, '0')}`
      length = 1
    }
    at += length
  }
  return shown
}

function checked(json: unknown): TokenizerJson {
  const { model, normalizer, pre_tokenizer, added_tokens } = Object(json) as Partial<TokenizerJson>
  const kind = (part: unknown): unknown => (Object(part) as { type?: unknown }).type
  check(
    kind(model) === 'BPE' && kind(pre_tokenizer) === 'ByteLevel' && (normalizer ?? null) === null,
    () =>
      `tokenizer: a model ${kind(model)} with pre-tokenizer ${kind(pre_tokenizer)} and normalizer ${kind(normalizer)} came, expected BPE, ByteLevel and none`,
  )
  const { add_prefix_space: prefix = false, use_regex: cuts = true } = pre_tokenizer as {
    readonly add_prefix_space?: boolean
    readonly use_regex?: boolean
  }
  check(
    !prefix && cuts,
    () =>
      `tokenizer: pre_tokenizer: add_prefix_space ${prefix} and use_regex ${cuts} came, expected false and true, as in GPT-2`,
  )
  const { vocab, merges } = model as TokenizerJson['model']
  check(
    typeof vocab === 'object' && vocab !== null && Array.isArray(merges),
    () => 'tokenizer: model: expected a record vocab and a list merges',
  )
  const added = added_tokens ?? []
  check(
    Array.isArray(added) && added.every((token) => typeof Object(token).content === 'string'),
    () => 'tokenizer: added_tokens: expected a list of tokens with id and content',
  )
  return { ...(json as TokenizerJson), added_tokens: added }
}

/** The entries in the order of their ids. */
function entriesOf({ model, added_tokens }: TokenizerJson): readonly string[] {
  const entries: string[] = []
  const all = [
    ...Object.entries(model.vocab),
    ...added_tokens.map(({ content, id }) => [content, id] as const),
  ]
  for (const [entry, id] of all) {
    check(
      Number.isSafeInteger(id) && id >= 0 && id < all.length && (entries[id] ?? entry) === entry,
      () =>
        `tokenizer: the id ${id} of '${entry}' came, expected each whole number from 0 to below ${all.length} once`,
    )
    entries[id] = entry
  }
  const missing = Array.from(entries).indexOf(undefined as never)
  check(missing === -1, () => `tokenizer: no entry has the id ${missing}`)
  const single = new Set(entries.filter((entry) => [...entry].length === 1))
  check(
    single.size >= 256,
    () => `tokenizer: ${single.size} entries of one byte came, expected all 256`,
  )
  return entries
}

function inWords<T>(make: () => T): T {
  try {
    return make()
  } catch (cause) {
    throw new WinnowError(`tokenizer: it cannot be read: ${(cause as Error).message}`, { cause })
  }
}
