/**
 * A hierarchical navigable small world (Malkov and Yashunin, 2016, algorithms 1, 2, 4 and 5): each row is on the levels up
 * to a random one, fewer and fewer above, and has few neighbours on each, chosen so that they lie in different directions.
 * A search walks from level to level towards the query, and on the lowest keeps the best that it has met.
 */
import type { HnswLinks } from './hnsw-links.ts'
import { RowHeap } from './row-heap.ts'

/** A row with its similarity to what is looked for. */
export interface Near {
  readonly row: number
  readonly similarity: number
}

export class HnswGraph {
  readonly links: HnswLinks
  /** Where every walk begins; -1 in an empty graph. */
  entry = -1
  readonly #width: number
  readonly #breadth: number
  #vectors: Float32Array
  #seen: Uint32Array = new Uint32Array(64)
  #walk = 0
  readonly #open = new RowHeap()
  readonly #best = new RowHeap()

  /**
   * @param width values of a vector
   * @param links of an empty graph, or one that was read; `vectors` are those of its rows
   * @param breadth how many rows a search for neighbours keeps
   */
  constructor(width: number, links: HnswLinks, breadth: number, vectors: Float32Array) {
    this.#width = width
    this.links = links
    this.#breadth = breadth
    this.#vectors = vectors
  }

  /** The vectors of all rows. */
  get vectors(): Float32Array {
    return this.#vectors.subarray(0, this.links.rows * this.#width)
  }

  vector(row: number): Float32Array {
    return this.#vectors.subarray(row * this.#width, (row + 1) * this.#width)
  }

  /** Adds a row on the levels up to `level`, and joins it to its neighbours. */
  add(vector: Float32Array, level: number): void {
    const { links } = this
    const row = links.add(level)
    this.#keep(row, vector)
    if (this.entry < 0) {
      this.entry = row
      return
    }
    const top = links.levels[this.entry] as number
    let from: readonly Near[] = [this.#near(vector, this.entry)]
    for (let at = top; at > level; at--) from = this.#walkOn(vector, from, 1, at)
    for (let at = Math.min(top, level); at >= 0; at--) {
      from = this.#walkOn(vector, from, this.#breadth, at)
      const chosen = this.#choose(from, links.neighbours)
      links.set(row, at, chosen)
      for (const other of chosen) this.#join(other, row, at)
    }
    if (level > top) this.entry = row
  }

  /** About the `breadth` nearest rows of those accepted, nearest first. */
  search(
    vector: Float32Array,
    breadth: number,
    accepts?: (row: number) => boolean,
  ): readonly Near[] {
    if (this.entry < 0) return []
    let from: readonly Near[] = [this.#near(vector, this.entry)]
    for (let at = this.links.levels[this.entry] as number; at > 0; at--) {
      from = this.#walkOn(vector, from, 1, at)
    }
    return this.#walkOn(vector, from, breadth, 0, accepts)
  }

  #near(vector: Float32Array, row: number): Near {
    return { row, similarity: this.#similarity(vector, 0, row) }
  }

  /** Algorithm 2: the best rows of a level that a walk from `from` meets, best first. */
  #walkOn(
    vector: Float32Array,
    from: readonly Near[],
    breadth: number,
    level: number,
    accepts?: (row: number) => boolean,
  ): readonly Near[] {
    const { links } = this
    const seen = this.#seen
    const walk = this.#nextWalk()
    const open = this.#open
    // By how bad they are: the root is the first to go.
    const best = this.#best
    open.clear()
    best.clear()
    for (const { row, similarity } of from) {
      seen[row] = walk
      open.push(row, similarity)
      if (accepts === undefined || accepts(row)) best.push(row, -similarity)
    }
    while (open.count > 0) {
      if (best.count >= breadth && open.topKey < -best.topKey) break
      const row = open.pop()
      const array = links.array(row, level)
      const at = links.at(row, level)
      const end = at + (array[at] as number)
      for (let i = at + 1; i <= end; i++) {
        const other = array[i] as number
        if (seen[other] === walk) continue
        seen[other] = walk
        const similarity = this.#similarity(vector, 0, other)
        if (best.count >= breadth && similarity <= -best.topKey) continue
        open.push(other, similarity)
        if (accepts !== undefined && !accepts(other)) continue
        best.push(other, -similarity)
        if (best.count > breadth) best.pop()
      }
    }
    const found: Near[] = []
    while (best.count > 0) {
      const similarity = -best.topKey
      found.push({ row: best.pop(), similarity })
    }
    return found.reverse()
  }

  /** Algorithm 4: the nearest ones that are nearer to the row than to one chosen before. */
  #choose(nearestFirst: readonly Near[], most: number): readonly number[] {
    const chosen: number[] = []
    for (const { row, similarity } of nearestFirst) {
      if (chosen.length === most) break
      const begin = row * this.#width
      const apart = chosen.every(
        (other) => this.#similarity(this.#vectors, begin, other) < similarity,
      )
      if (apart) chosen.push(row)
    }
    return chosen
  }

  /** Adds `other` to the neighbours of `row`, which choose again where they are too many. */
  #join(row: number, other: number, level: number): void {
    const { links } = this
    const array = links.array(row, level)
    const at = links.at(row, level)
    const count = array[at] as number
    if (count < links.most(level)) {
      array[at] = count + 1
      array[at + 1 + count] = other
      return
    }
    const begin = row * this.#width
    const all: Near[] = [{ row: other, similarity: this.#similarity(this.#vectors, begin, other) }]
    for (let i = 1; i <= count; i++) {
      const neighbour = array[at + i] as number
      all.push({ row: neighbour, similarity: this.#similarity(this.#vectors, begin, neighbour) })
    }
    all.sort((a, b) => b.similarity - a.similarity)
    links.set(row, level, this.#choose(all, links.most(level)))
  }

  /** The product of the vector that begins at `begin` of `left` with that of a row. */
  #similarity(left: Float32Array, begin: number, row: number): number {
    const right = this.#vectors
    const width = this.#width
    let at = row * width
    let from = begin
    let [a, b, c, d] = [0, 0, 0, 0]
    const end = from + (width & ~3)
    for (; from < end; from += 4, at += 4) {
      a += (left[from] as number) * (right[at] as number)
      b += (left[from + 1] as number) * (right[at + 1] as number)
      c += (left[from + 2] as number) * (right[at + 2] as number)
      d += (left[from + 3] as number) * (right[at + 3] as number)
    }
    for (const last = begin + width; from < last; from++, at++) {
      a += (left[from] as number) * (right[at] as number)
    }
    return a + b + (c + d)
  }

  #keep(row: number, vector: Float32Array): void {
    const needed = (row + 1) * this.#width
    if (needed > this.#vectors.length) {
      const vectors = new Float32Array(Math.max(64 * this.#width, Math.ceil(1.5 * needed)))
      vectors.set(this.#vectors)
      this.#vectors = vectors
    }
    this.#vectors.set(vector, needed - this.#width)
  }

  /** A number that no row was marked with. */
  #nextWalk(): number {
    if (this.#seen.length < this.links.rows) {
      this.#seen = new Uint32Array(2 * this.links.rows)
      this.#walk = 0
    }
    this.#walk++
    if (this.#walk === 2 ** 32) {
      this.#seen.fill(0)
      this.#walk = 1
    }
    return this.#walk
  }
}
