/**
 * An n-gram model with interpolated Kneser-Ney smoothing (Kneser and Ney, 1995; Chen and Goodman, 1998):
 *
 *     p(w | h) = max(c(h w) - D, 0) / c(h) + D types(h) / c(h) * p(w | h without its first symbol)
 *
 * where below the highest order c counts in how many contexts something was seen, and D = n1 / (n1 + 2 n2) of each order.
 */
import { check } from '@winnow/core'
import type { Tokenizer } from '@winnow/text'
import { bytesOf } from '../bits-per-byte.ts'

/** Options of {@link NGramModel}. */
export interface NGramOptions {
  /** How many symbols there are: from 0 to `symbols - 1`. The last one ends every sequence, and none contains it. */
  readonly symbols: number
  /** Symbols that are looked at, the predicted one included. `symbols ** order` must be below 2^53. */
  readonly order: number
}

/** The n-grams of one length, as numbers in rising order, and what is known of their contexts. */
interface Level {
  readonly keys: Float64Array
  readonly counts: Float64Array
  readonly contexts: Float64Array
  readonly totals: Float64Array
  readonly types: Float64Array
  readonly discount: number
}

/** Probabilities of symbols after those before, learnt by counting. */
export class NGramModel {
  readonly options: NGramOptions
  readonly #levels: readonly Level[]

  /** @throws WinnowError when nothing came, a symbol is out of range, or the order is too high */
  constructor(sequences: Iterable<ArrayLike<number>>, options: NGramOptions) {
    const { symbols, order } = options
    check(
      Number.isSafeInteger(symbols) && symbols >= 2,
      () => `NGramModel: symbols: ${symbols} came, expected a whole number >= 2`,
    )
    check(
      Number.isSafeInteger(order) && order >= 1 && symbols ** order < 2 ** 53,
      () =>
        `NGramModel: order: ${order} came, expected 1 to ${Math.floor(Math.log(2 ** 53) / Math.log(symbols))} for ${symbols} symbols`,
    )
    this.options = options
    const occurrences = allGrams(sequences, options)
    check(occurrences.length > 0, () => 'NGramModel: no sequences came, expected at least one')
    const levels: Level[] = []
    let counted = countSorted(occurrences.sort())
    for (let length = order; length >= 1; length--) {
      levels.unshift(levelOf(counted, symbols))
      // Each kind of n-gram counts once for what remains without its first symbol.
      const shorter = counted.keys.map((key) => key % symbols ** (length - 1))
      if (length > 1) counted = countSorted(shorter.sort())
    }
    this.#levels = levels
  }

  /**
   * p(symbol | history), in (0, 1]; over all symbols it sums to 1.
   *
   * @param history the symbols before, as many as there are; those before the start of a sequence are taken for its end
   */
  probability(history: ArrayLike<number>, symbol: number): number {
    const { symbols } = this.options
    let probability = 1 / symbols
    let context = 0
    for (const [before, level] of this.#levels.entries()) {
      if (before > 0) {
        const place = history.length - before
        const added = place < 0 ? symbols - 1 : (history[place] as number)
        context += added * symbols ** (before - 1)
      }
      const { keys, counts, contexts, totals, types, discount } = level
      const at = find(contexts, context)
      if (at === -1) break
      const place = find(keys, context * symbols + symbol)
      const count = place === -1 ? 0 : (counts[place] as number)
      const total = totals[at] as number
      probability =
        (Math.max(count - discount, 0) + discount * (types[at] as number) * probability) / total
    }
    return probability
  }

  /** -log p of a sequence and its end, in nats. */
  nats(sequence: ArrayLike<number>): number {
    const { symbols, order } = this.options
    const all = Int32Array.from(
      { length: sequence.length + 1 },
      (_, i) => sequence[i] ?? symbols - 1,
    )
    let nats = 0
    for (let i = 0; i < all.length; i++) {
      const history = all.subarray(Math.max(0, i - order + 1), i)
      nats -= Math.log(this.probability(history, all[i] as number))
    }
    return nats
  }
}

/** Options of {@link nGramBitsPerByte}. */
export interface NGramBitsOptions {
  /** Cuts texts into symbols; without it they are bytes. */
  readonly tokenizer?: Tokenizer
  /** By default the most that can be: 6 of bytes, 4 of a few thousand tokens. */
  readonly order?: number
}

/**
 * Bits per byte of an n-gram model, counted as {@link bitsPerByte} counts.
 *
 * @param train what is counted
 * @param texts what is measured
 */
export function nGramBitsPerByte(
  train: Iterable<string>,
  texts: string | readonly string[],
  options: NGramBitsOptions = {},
): number {
  const { tokenizer } = options
  const symbols = (tokenizer?.vocabulary ?? 256) + 1
  const { order = Math.floor(53 / Math.log2(symbols)) } = options
  const encoder = tokenizer ?? new TextEncoder()
  const model = new NGramModel(
    Array.from(train, (text) => encoder.encode(text)),
    { symbols, order },
  )
  const all = typeof texts === 'string' ? [texts] : texts
  const nats = all.reduce((sum, text) => sum + model.nats(encoder.encode(text)), 0)
  return nats / Math.LN2 / bytesOf(all)
}

/** Every n-gram of the highest order, as a number: the symbols are its digits. */
function allGrams(
  sequences: Iterable<ArrayLike<number>>,
  { symbols, order }: NGramOptions,
): Float64Array {
  const all = [...sequences]
  const end = symbols - 1
  const grams = new Float64Array(all.reduce((sum, { length }) => sum + length + 1, 0))
  const start = symbols ** (order - 1) - 1
  let at = 0
  for (const sequence of all) {
    let key = start
    for (let i = 0; i <= sequence.length; i++) {
      const symbol = i === sequence.length ? end : (sequence[i] as number)
      check(
        (Number.isInteger(symbol) && symbol >= 0 && symbol < end) || i === sequence.length,
        () => `NGramModel: the symbol ${symbol} came at place ${i}, expected 0 to ${end - 1}`,
      )
      key = (key % symbols ** (order - 1)) * symbols + symbol
      grams[at++] = key
    }
  }
  return grams
}

interface Counted {
  readonly keys: Float64Array
  readonly counts: Float64Array
}

/** Runs of equal numbers in a sorted array. */
function countSorted(sorted: Float64Array): Counted {
  let kinds = 0
  for (let i = 0; i < sorted.length; i++) if (sorted[i] !== sorted[i - 1]) kinds++
  const keys = new Float64Array(kinds)
  const counts = new Float64Array(kinds)
  let at = -1
  for (let i = 0; i < sorted.length; i++) {
    if (sorted[i] !== sorted[i - 1]) keys[++at] = sorted[i] as number
    counts[at]! += 1
  }
  return { keys, counts }
}

function levelOf({ keys, counts }: Counted, symbols: number): Level {
  const own = countSorted(keys.map((key) => Math.floor(key / symbols)))
  const totals = new Float64Array(own.keys.length)
  let at = 0
  for (let i = 0; i < keys.length; i++) {
    if (Math.floor((keys[i] as number) / symbols) !== own.keys[at]) at++
    totals[at]! += counts[i] as number
  }
  const ones = counts.filter((count) => count === 1).length
  const twos = counts.filter((count) => count === 2).length
  // Where nothing was seen once the formula has nothing to say; a discount of zero would leave no room for the unseen.
  const discount = ones === 0 ? 0.5 : ones / (ones + 2 * twos)
  return { keys, counts, contexts: own.keys, totals, types: own.counts, discount }
}

/** Place of a number in a sorted array; -1 where it is not there. */
function find(sorted: Float64Array, wanted: number): number {
  let low = 0
  let high = sorted.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const value = sorted[middle] as number
    if (value === wanted) return middle
    if (value < wanted) low = middle + 1
    else high = middle - 1
  }
  return -1
}
