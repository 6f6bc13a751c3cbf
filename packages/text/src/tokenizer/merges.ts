/**
 * Byte-pair encoding (Sennrich, Haddow and Birch, 2016): again and again, the pair of neighbours that occurs most often
 * becomes one symbol.
 *
 * Pairs never cross words, so that each kind of word is held once with its count. After a merge only the words that held
 * the pair are counted anew; the most frequent pair comes from a heap whose entries are checked when they are taken.
 */
import { MaximumHeap } from './maximum-heap.ts'

/** Two symbols that become one. */
export type Merge = readonly [left: number, right: number]

/** What {@link learnMerges} is told. */
export interface MergeOptions {
  /** Number of the first new symbol; those below are there from the start. */
  readonly firstSymbol: number
  /** The most merges. */
  readonly merges: number
  /** Pairs that occur less often stay apart. */
  readonly leastCount: number
}

interface Word {
  symbols: number[]
  readonly count: number
}

/** No vocabulary is larger, so that a pair is one exact number. */
const MOST_SYMBOLS = 2 ** 26

/**
 * The merges in order: merge number i makes the symbol `firstSymbol + i`. Of pairs as frequent, the one of lower numbers
 * goes first.
 *
 * @param words symbols of each kind of word, and how often it occurs
 */
export function learnMerges(
  words: Iterable<readonly [symbols: readonly number[], count: number]>,
  options: MergeOptions,
): Merge[] {
  const { firstSymbol, merges: most, leastCount } = options
  const all: Word[] = Array.from(words, ([symbols, count]) => ({ symbols: [...symbols], count }))
  const pairs = new PairCounts()
  for (const [place, { symbols, count }] of all.entries()) {
    for (let i = 1; i < symbols.length; i++) {
      pairs.add(keyOf(symbols[i - 1] as number, symbols[i] as number), count, place)
    }
  }
  pairs.flush()
  const merges: Merge[] = []
  while (merges.length < most) {
    const key = pairs.takeMost(leastCount)
    if (key === undefined) break
    const merge: Merge = [Math.floor(key / MOST_SYMBOLS), key % MOST_SYMBOLS]
    const made = firstSymbol + merges.length
    merges.push(merge)
    for (const place of pairs.wordsWith(key)) mergeIn(all[place] as Word, place, merge, made, pairs)
    pairs.flush()
  }
  return merges
}

const keyOf = (left: number, right: number): number => left * MOST_SYMBOLS + right

/** Merges a pair within one word, and counts the neighbours that go and come. */
function mergeIn(
  word: Word,
  place: number,
  [left, right]: Merge,
  made: number,
  pairs: PairCounts,
): void {
  const { symbols: old, count } = word
  const symbols: number[] = []
  for (let i = 0; i < old.length; i++) {
    const symbol = old[i] as number
    if (symbol === left && old[i + 1] === right) {
      symbols.push(made)
      i++
    } else symbols.push(symbol)
  }
  if (symbols.length === old.length) return
  for (let i = 1; i < old.length; i++) {
    pairs.add(keyOf(old[i - 1] as number, old[i] as number), -count)
  }
  for (let i = 1; i < symbols.length; i++) {
    const [a, b] = [symbols[i - 1] as number, symbols[i] as number]
    // A pair that was there before knows this word already.
    pairs.add(keyOf(a, b), count, a === made || b === made ? place : undefined)
  }
  word.symbols = symbols
}

/** How often each pair occurs, and in which words. */
class PairCounts {
  readonly #counts = new Map<number, number>()
  readonly #words = new Map<number, Set<number>>()
  readonly #changes = new Map<number, number>()
  readonly #heap = new MaximumHeap()

  add(key: number, count: number, word?: number): void {
    this.#changes.set(key, (this.#changes.get(key) ?? 0) + count)
    if (word === undefined) return
    const known = this.#words.get(key)
    if (known === undefined) this.#words.set(key, new Set([word]))
    else known.add(word)
  }

  /** Counts what was added; older entries of the heap are passed over when they come up. */
  flush(): void {
    for (const [key, change] of this.#changes) {
      if (change === 0) continue
      const count = (this.#counts.get(key) ?? 0) + change
      if (count > 0) {
        this.#counts.set(key, count)
        this.#heap.push(count, key)
      } else {
        this.#counts.delete(key)
        this.#words.delete(key)
      }
    }
    this.#changes.clear()
  }

  takeMost(leastCount: number): number | undefined {
    for (;;) {
      const top = this.#heap.pop()
      if (top === undefined || top.count < leastCount) return undefined
      if (this.#counts.get(top.key) === top.count) return top.key
    }
  }

  wordsWith(key: number): Iterable<number> {
    return this.#words.get(key) ?? []
  }
}
