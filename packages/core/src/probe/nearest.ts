/**
 * The k most similar items for each of several queries, from similarities that come block by block.
 */

/** Keeps the best k of what it has seen, in descending order; of equal ones the first to come. */
export class Nearest {
  readonly #k: number
  readonly #queries: number
  readonly #items: Int32Array
  readonly #similarities: Float64Array

  constructor(queries: number, k: number) {
    this.#k = k
    this.#queries = queries
    this.#items = new Int32Array(queries * k).fill(-1)
    this.#similarities = new Float64Array(queries * k).fill(Number.NEGATIVE_INFINITY)
  }

  /**
   * @param similarities `[queries or more, rows]` in row-major order
   * @param block the items that the rows stand for: `count` of them from number `start` on, and padding after
   */
  add(
    similarities: Float32Array,
    rows: number,
    { start, count }: { readonly start: number; readonly count: number },
  ): void {
    const k = this.#k
    const items = this.#items
    const best = this.#similarities
    for (let query = 0; query < this.#queries; query++) {
      const first = query * k
      const last = first + k - 1
      for (let row = 0; row < count; row++) {
        const value = similarities[query * rows + row] as number
        if (!(value > (best[last] as number))) continue
        let place = last
        for (; place > first && value > (best[place - 1] as number); place--) {
          best[place] = best[place - 1] as number
          items[place] = items[place - 1] as number
        }
        best[place] = value
        items[place] = start + row
      }
    }
  }

  /** The best of one query. */
  of(query: number): { readonly items: Int32Array; readonly similarities: Float64Array } {
    const from = query * this.#k
    const to = from + this.#k
    return {
      items: this.#items.subarray(from, to),
      similarities: this.#similarities.subarray(from, to),
    }
  }
}
