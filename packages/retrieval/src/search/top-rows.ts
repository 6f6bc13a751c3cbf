/**
 * The best rows of many: a binary heap whose root is the worst of those kept.
 */

/** A row and its score. */
export interface ScoredRow {
  readonly row: number
  readonly score: number
}

export class TopRows {
  readonly #k: number
  readonly #isBefore: (a: number, b: number) => boolean
  #rows: Int32Array
  #scores: Float64Array
  #count = 0

  /**
   * @param k how many to keep
   * @param isBefore which of two rows with the same score comes first
   */
  constructor(k: number, isBefore: (a: number, b: number) => boolean) {
    this.#k = k
    this.#isBefore = isBefore
    const capacity = Math.min(k, 1024)
    this.#rows = new Int32Array(capacity)
    this.#scores = new Float64Array(capacity)
  }

  /** The score below which nothing is kept any more; -Infinity while there is room. */
  get least(): number {
    return this.#count < this.#k ? Number.NEGATIVE_INFINITY : (this.#scores[0] as number)
  }

  offer(row: number, score: number): void {
    if (this.#count < this.#k) {
      this.#grow()
      this.#rise(this.#count++, row, score)
    } else if (this.#isWorse(this.#rows[0] as number, this.#scores[0] as number, row, score)) {
      this.#sink(row, score)
    }
  }

  /** Those kept, best first. */
  finish(): readonly ScoredRow[] {
    const all = Array.from({ length: this.#count }, (_, i) => ({
      row: this.#rows[i] as number,
      score: this.#scores[i] as number,
    }))
    return all.sort((a, b) => b.score - a.score || (this.#isBefore(a.row, b.row) ? -1 : 1))
  }

  #isWorse(row: number, score: number, other: number, otherScore: number): boolean {
    return score < otherScore || (score === otherScore && this.#isBefore(other, row))
  }

  #rise(from: number, row: number, score: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      const [above, aboveScore] = this.#entry(parent)
      if (!this.#isWorse(row, score, above, aboveScore)) break
      this.#put(at, above, aboveScore)
      at = parent
    }
    this.#put(at, row, score)
  }

  #sink(row: number, score: number): void {
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#count) break
      const right = child + 1
      if (right < this.#count && this.#isWorse(...this.#entry(right), ...this.#entry(child))) {
        child = right
      }
      const [below, belowScore] = this.#entry(child)
      if (!this.#isWorse(below, belowScore, row, score)) break
      this.#put(at, below, belowScore)
      at = child
    }
    this.#put(at, row, score)
  }

  #entry(at: number): [row: number, score: number] {
    return [this.#rows[at] as number, this.#scores[at] as number]
  }

  #put(at: number, row: number, score: number): void {
    this.#rows[at] = row
    this.#scores[at] = score
  }

  #grow(): void {
    if (this.#count < this.#rows.length) return
    const capacity = Math.min(this.#k, 2 * this.#rows.length)
    const rows = new Int32Array(capacity)
    rows.set(this.#rows)
    this.#rows = rows
    const scores = new Float64Array(capacity)
    scores.set(this.#scores)
    this.#scores = scores
  }
}
