/**
 * Inverted lists: for each term (a word, or a dimension) the rows that have it, ascending, and their weights.
 */
import type { IndexFile } from './index-file.ts'
import { floats, integers } from './index-file.ts'

/** One list, in arrays that grow. */
export class PostingList {
  rows: Int32Array
  weights: Float32Array
  count = 0
  /** Bounds of the weights; still bounds, if wider ones, after a removal. */
  least: number = Number.POSITIVE_INFINITY
  most: number = Number.NEGATIVE_INFINITY

  constructor(capacity = 4) {
    this.rows = new Int32Array(capacity)
    this.weights = new Float32Array(capacity)
  }

  /** `row` is above all that are there. */
  push(row: number, weight: number): void {
    if (this.count === this.rows.length) {
      const capacity = Math.max(4, 2 * this.count)
      const rows = new Int32Array(capacity)
      rows.set(this.rows)
      this.rows = rows
      const weights = new Float32Array(capacity)
      weights.set(this.weights)
      this.weights = weights
    }
    this.rows[this.count] = row
    this.weights[this.count++] = weight
    if (weight < this.least) this.least = weight
    if (weight > this.most) this.most = weight
  }

  /** Where a row stands, or -1. */
  find(row: number): number {
    let low = 0
    let high = this.count - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const at = this.rows[middle] as number
      if (at === row) return middle
      if (at < row) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  remove(row: number): void {
    const at = this.find(row)
    if (at < 0) return
    this.rows.copyWithin(at, at + 1, this.count)
    this.weights.copyWithin(at, at + 1, this.count)
    this.count--
  }

  /** Gives rows their new numbers, which keep their order. */
  rename(renamed: Int32Array): void {
    for (let i = 0; i < this.count; i++) {
      this.rows[i] = renamed[this.rows[i] as number] as number
    }
  }
}

/** The lists of an index, by term. */
export class Postings<Term> {
  readonly lists: Map<Term, PostingList> = new Map()

  push(term: Term, row: number, weight: number): void {
    let list = this.lists.get(term)
    if (list === undefined) {
      list = new PostingList()
      this.lists.set(term, list)
    }
    list.push(row, weight)
  }

  /** Takes a row out of every list: the lists are searched, so that nothing has to be kept by row. */
  remove(row: number): void {
    for (const [term, list] of this.lists) {
      list.remove(row)
      if (list.count === 0) this.lists.delete(term)
    }
  }

  rename(renamed: Int32Array): void {
    for (const list of this.lists.values()) list.rename(renamed)
  }

  /** The lists one behind another, in the order of `terms`. */
  toTensors(): Record<'lengths' | 'rows' | 'weights', ReturnType<typeof integers>> {
    const lists = [...this.lists.values()]
    const total = lists.reduce((sum, { count }) => sum + count, 0)
    const rows = new Int32Array(total)
    const weights = new Float32Array(total)
    let at = 0
    for (const list of lists) {
      rows.set(list.rows.subarray(0, list.count), at)
      weights.set(list.weights.subarray(0, list.count), at)
      at += list.count
    }
    return {
      lengths: integers(Int32Array.from(lists, ({ count }) => count)),
      rows: integers(rows),
      weights: floats(weights),
    }
  }

  /**
   * Fills the lists of `terms` from a file.
   *
   * @param isThere whether there is a document in a row
   * @throws WinnowError when a term came twice, or a list's rows are not there or not in order
   */
  fill(file: IndexFile, terms: readonly Term[], isThere: (row: number) => boolean): void {
    const high = 2 ** 31 - 1
    const lengths = file.integers('lengths', { length: terms.length, low: 1, high })
    const total = lengths.reduce((sum, length) => sum + length, 0)
    const rows = file.integers('rows', { length: total, low: 0, high })
    const weights = file.floats('weights', total)
    let at = 0
    for (const [i, term] of terms.entries()) {
      if (this.lists.has(term)) throw file.error(`the term '${term}' came twice`)
      const length = lengths[i] as number
      const list = new PostingList(length)
      let before = -1
      for (const end = at + length; at < end; at++) {
        const row = rows[at] as number
        if (row <= before || !isThere(row)) {
          throw file.error(
            `the list of '${term}' has row ${row}, which is not there or came before`,
          )
        }
        list.push(row, weights[at] as number)
        before = row
      }
      this.lists.set(term, list)
    }
  }
}
