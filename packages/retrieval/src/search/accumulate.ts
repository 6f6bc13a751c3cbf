/**
 * The best rows by the sum of what several lists give them: list after list, those that can give most first, and no new row
 * once what is left cannot lift it among the best (MaxScore, Turtle and Flood, 1995, term at a time). Exact: what is
 * skipped could not have been found.
 */
import type { PostingList } from './postings.ts'
import { type ScoredRow, TopRows } from './top-rows.ts'

/** A list of a query. */
export interface WeightedList {
  readonly list: PostingList
  /** Bounds of what it gives a row. */
  readonly least: number
  readonly most: number
  /** What it gives the row at a place of the list. */
  gain(at: number): number
}

export interface AccumulateOptions {
  readonly k: number
  /** Rows of the index. */
  readonly rows: number
  readonly accepts: ((row: number) => boolean) | undefined
  readonly isBefore: (a: number, b: number) => boolean
}

const UNSEEN = 0
const OPEN = 1
const REFUSED = 2

/** Sums are rounded in another order than bounds are: what is nearer than this is not skipped. */
const SLACK = 1 + 1e-9

/** The rows that are in at least one list, best first. */
export function accumulate(
  lists: readonly WeightedList[],
  options: AccumulateOptions,
): readonly ScoredRow[] {
  const { k, rows, isBefore } = options
  const ordered = [...lists].sort((a, b) => b.most - a.most)
  // Where a list may take away, a row's sum says nothing about what it will be.
  const onlyGains = ordered.every(({ least }) => least >= 0)
  const left = new Float64Array(ordered.length + 1)
  for (let i = ordered.length - 1; i >= 0; i--) {
    left[i] = (left[i + 1] as number) + (ordered[i] as WeightedList).most
  }
  const sums = new Float64Array(rows)
  let candidates = new Candidates(rows)
  let lookAgain = left[0] as number
  let open = true
  for (const [i, list] of ordered.entries()) {
    if (open) {
      addAll(list, sums, candidates, options.accepts)
    } else {
      addTo(list, sums, candidates)
    }
    const rest = (left[i + 1] as number) * SLACK
    // To look for the k-th best takes as long as a list does: only when much less is left than last time.
    if (onlyGains && i + 1 < ordered.length && candidates.count > k && 2 * rest < lookAgain) {
      lookAgain = rest
      const least = kthBest(sums, candidates, k)
      if (rest < least) {
        open = false
        candidates = candidates.filter((row) => (sums[row] as number) + rest >= least)
      }
    }
  }
  const top = new TopRows(k, isBefore)
  for (let i = 0; i < candidates.count; i++) {
    const row = candidates.rows[i] as number
    const sum = sums[row] as number
    if (sum >= top.least) top.offer(row, sum)
  }
  return top.finish()
}

/** Rows that may be among the best. */
class Candidates {
  readonly state: Uint8Array
  rows: Int32Array
  count = 0

  constructor(rows: number) {
    this.state = new Uint8Array(rows)
    this.rows = new Int32Array(Math.min(rows, 1024))
  }

  push(row: number): void {
    if (this.count === this.rows.length) {
      const rows = new Int32Array(Math.min(this.state.length, 2 * this.count))
      rows.set(this.rows)
      this.rows = rows
    }
    this.rows[this.count++] = row
  }

  /** These without the rows that `keeps` refuses. */
  filter(keeps: (row: number) => boolean): this {
    let count = 0
    for (let i = 0; i < this.count; i++) {
      const row = this.rows[i] as number
      if (keeps(row)) this.rows[count++] = row
      else this.state[row] = REFUSED
    }
    this.count = count
    return this
  }
}

function addAll(
  { list, gain }: WeightedList,
  sums: Float64Array,
  candidates: Candidates,
  accepts: ((row: number) => boolean) | undefined,
): void {
  const { rows, count } = list
  const { state } = candidates
  for (let at = 0; at < count; at++) {
    const row = rows[at] as number
    if (state[row] === UNSEEN) {
      const accepted = accepts === undefined || accepts(row)
      state[row] = accepted ? OPEN : REFUSED
      if (accepted) candidates.push(row)
    }
    if (state[row] === OPEN) sums[row] = (sums[row] as number) + gain(at)
  }
}

/** Few candidates are looked up in a long list, many are met on the way through it. */
function addTo({ list, gain }: WeightedList, sums: Float64Array, candidates: Candidates): void {
  const { count } = list
  if (candidates.count * Math.log2(count + 1) < count) {
    for (let i = 0; i < candidates.count; i++) {
      const row = candidates.rows[i] as number
      const at = list.find(row)
      if (at >= 0) sums[row] = (sums[row] as number) + gain(at)
    }
    return
  }
  for (let at = 0; at < count; at++) {
    const row = list.rows[at] as number
    if (candidates.state[row] === OPEN) sums[row] = (sums[row] as number) + gain(at)
  }
}

function kthBest(sums: Float64Array, candidates: Candidates, k: number): number {
  const top = new TopRows(k, () => false)
  for (let i = 0; i < candidates.count; i++) {
    const row = candidates.rows[i] as number
    const sum = sums[row] as number
    if (sum > top.least) top.offer(row, sum)
  }
  return top.least
}
