/**
 * Long texts in passages that overlap, so that what stands at an edge is whole in one of them. A passage ends after a
 * sentence or before an empty line where there is such a place in its last part.
 */
import { check } from '@winnow/core'

/** A passage, and where it stands in its text: `text.slice(start, end)`. */
export interface Passage {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** What counts tokens: a tokenizer. */
export interface TokenCounter {
  /** The ids of a text. */
  encode(text: string): ArrayLike<number>
}

/** Options of {@link splitPassages}. */
export interface PassageOptions {
  /** The most words of a passage; 120 by default. Characters of Chinese and Japanese count as words. */
  readonly words?: number
  /** The most tokens instead, as `tokenizer` counts them word by word. */
  readonly tokens?: number
  readonly tokenizer?: TokenCounter
  /** How many words (or tokens) at most a passage has in common with the one before; a sixth of the size by default. */
  readonly overlap?: number
}

interface Unit {
  readonly start: number
  readonly end: number
  /** In words or tokens. */
  readonly size: number
  /** Whether a passage may well end behind it. */
  readonly closes: boolean
}

const ideograph = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}]'
const unit = new RegExp(`${ideograph}|(?:(?!${ideograph})\\S){1,64}`, 'gu')
const sentenceEnd = /[.!?\u3002\uff01\uff1f]["'\u2019\u201d)\]]*$/
/** Looking for the end of a sentence begins at this share of a passage. */
const EARLIEST_END = 0.6

/**
 * The passages of a text; none where it is blank. Every word is in at least one of them.
 *
 * @throws WinnowError when a size is not a whole number >= 1, the overlap is not below it, or tokens are asked for without
 *   a tokenizer
 */
export function splitPassages(text: string, options: PassageOptions = {}): readonly Passage[] {
  const { tokens, tokenizer } = options
  check(
    (tokens === undefined) === (tokenizer === undefined),
    () => 'splitPassages: tokens and tokenizer: one came without the other',
  )
  const most = tokens ?? options.words ?? 120
  check(
    Number.isSafeInteger(most) && most >= 1,
    () => `splitPassages: ${most} came as the size, expected a whole number >= 1`,
  )
  const overlap = options.overlap ?? Math.floor(most / 6)
  check(
    Number.isSafeInteger(overlap) && overlap >= 0 && overlap < most,
    () => `splitPassages: overlap: ${overlap} came, expected a whole number from 0 to ${most - 1}`,
  )
  const units = unitsOf(text, tokenizer)
  const passages: Passage[] = []
  for (let begin = 0; begin < units.length; ) {
    const end = endOf(units, begin, most)
    const start = (units[begin] as Unit).start
    const stop = (units[end - 1] as Unit).end
    passages.push({ text: text.slice(start, stop), start, end: stop })
    if (end === units.length) break
    begin = nextBegin(units, begin, end, overlap)
  }
  return passages
}

function unitsOf(text: string, tokenizer: TokenCounter | undefined): readonly Unit[] {
  const units: Unit[] = []
  for (const { 0: found, index } of text.matchAll(unit)) {
    const end = index + found.length
    const closes =
      sentenceEnd.test(found) || /^[^\S\n]*\n[^\S\n]*\n/.test(text.slice(end, end + 80))
    const size = tokenizer === undefined ? 1 : Math.max(1, tokenizer.encode(found).length)
    units.push({ start: index, end, size, closes })
  }
  return units
}

/** The unit behind the last one of the passage that begins at `begin`; at least one is taken, however large. */
function endOf(units: readonly Unit[], begin: number, most: number): number {
  let size = 0
  let best = begin + 1
  let closed: number | undefined
  for (let i = begin; i < units.length; i++) {
    const next = units[i] as Unit
    size += next.size
    if (size > most) return i === begin ? best : (closed ?? best)
    best = i + 1
    if (next.closes && size >= EARLIEST_END * most) closed = best
  }
  return best
}

function nextBegin(units: readonly Unit[], begin: number, end: number, overlap: number): number {
  let next = end
  for (let size = 0; next - 1 > begin; next--) {
    size += (units[next - 1] as Unit).size
    if (size > overlap) break
  }
  return next
}
