/**
 * A binary heap (Williams, 1964) of keys by count: the highest count first, and of equal counts the lowest key.
 */

/** One entry. */
export interface Counted {
  readonly count: number
  readonly key: number
}

/** Takes entries in any order and gives them back from the highest count to the lowest. */
export class MaximumHeap {
  readonly #entries: Counted[] = []

  push(count: number, key: number): void {
    const entries = this.#entries
    const added = { count, key }
    let at = entries.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = entries[parent] as Counted
      if (!before(added, above)) break
      entries[at] = above
      at = parent
    }
    entries[at] = added
  }

  /** The first entry, which is taken out; undefined where none is left. */
  pop(): Counted | undefined {
    const entries = this.#entries
    const [first] = entries
    const last = entries.pop()
    if (last === undefined || entries.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= entries.length) break
      const [left, right] = [entries[child] as Counted, entries[child + 1]]
      if (right !== undefined && before(right, left)) child++
      const below = entries[child] as Counted
      if (!before(below, last)) break
      entries[at] = below
      at = child
    }
    entries[at] = last
    return first
  }
}

function before(one: Counted, other: Counted): boolean {
  return one.count > other.count || (one.count === other.count && one.key < other.key)
}
