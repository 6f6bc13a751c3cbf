/**
 * A hierarchical navigable small world (Malkov and Yashunin, 2016, algorithms 1, 2, 4 and 5): each row is on the levels up
 * to a random one, fewer and fewer above, and has few neighbours on each, chosen so that they lie in different directions.
 * A search walks from level to level towards the query, and on the lowest keeps the best that it has met.
 */
import type { HnswLinks } from './hnsw-links.ts'
import { RowHeap } from './row-heap.ts'
import { VectorMemory } from './vector-memory.ts'

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
  readonly #vectors: VectorMemory
  #seen: Uint32Array = new Uint32Array(64)
  #walk = 0
  readonly #open = new RowHeap()
  readonly #best = new RowHeap()

  /**
   * @param width values of a vector
   * @param links of an empty graph, or one that was read; `vectors` are those of its rows, one behind another
   * @param breadth how many rows a search for neighbours keeps
   */
  constructor(width: number, links: HnswLinks, breadth: number, vectors: Float32Array) {
    this.#width = width
    this.links = links
    this.#breadth = breadth
    this.#vectors = new VectorMemory(width)
    for (let row = 0; row < links.rows; row++) {
      this.#vectors.set(row, vectors.subarray(row * width, (row + 1) * width))
    }
  }

  /** A copy of the vectors of all rows. */
  get vectors(): Float32Array {
    const all = new Float32Array(this.links.rows * this.#width)
    for (let row = 0; row < this.links.rows; row++) all.set(this.vector(row), row * this.#width)
    return all
  }

  /** A row's vector, valid until the next is added. */
  vector(row: number): Float32Array {
    return this.#vectors.get(row)
  }

  /** Adds a row on the levels up to `level`, and joins it to its neighbours. */
  add(vector: Float32Array, level: number): void {
    const { links } = this
    const row = links.add(level)
    this.#vectors.set(row, vector)
    this.#vectors.aim(vector)
    if (this.entry < 0) {
      this.entry = row
      return
    }
    const top = links.levels[this.entry] as number
    let from: readonly Near[] = [this.#near(this.entry)]
    for (let at = top; at > level; at--) from = this.#walkOn(from, 1, at)
    for (let at = Math.min(top, level); at >= 0; at--) {
      from = this.#walkOn(from, this.#breadth, at)
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
    this.#vectors.aim(vector)
    let from: readonly Near[] = [this.#near(this.entry)]
    for (let at = this.links.levels[this.entry] as number; at > 0; at--) {
      from = this.#walkOn(from, 1, at)
    }
    return this.#walkOn(from, breadth, 0, accepts)
  }

  #near(row: number): Near {
    return { row, similarity: this.#vectors.similarity(row) }
  }

  /** Algorithm 2: the best rows of a level that a walk from `from` to the vector aimed at meets, best first. */
  #walkOn(
    from: readonly Near[],
    breadth: number,
    level: number,
    accepts?: (row: number) => boolean,
  ): readonly Near[] {
    const { links } = this
    const vectors = this.#vectors
    const walk = this.#nextWalk()
    const seen = this.#seen
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
        const similarity = vectors.similarity(other)
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
      const apart = chosen.every((other) => this.#vectors.between(row, other) < similarity)
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
    const all: Near[] = [{ row: other, similarity: this.#vectors.between(row, other) }]
    for (let i = 1; i <= count; i++) {
      const neighbour = array[at + i] as number
      all.push({ row: neighbour, similarity: this.#vectors.between(row, neighbour) })
    }
    all.sort((a, b) => b.similarity - a.similarity)
    links.set(row, level, this.#choose(all, links.most(level)))
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
