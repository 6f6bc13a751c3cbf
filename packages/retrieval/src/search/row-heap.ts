/**
 * A binary heap of rows, the largest key at the root.
 */
export class RowHeap {
  count = 0
  #rows: Int32Array
  #keys: Float64Array

  constructor(capacity = 64) {
    this.#rows = new Int32Array(capacity)
    this.#keys = new Float64Array(capacity)
  }

  get topRow(): number {
    return this.#rows[0] as number
  }

  get topKey(): number {
    return this.#keys[0] as number
  }

  clear(): void {
    this.count = 0
  }

  push(row: number, key: number): void {
    if (this.count === this.#rows.length) this.#grow()
    const rows = this.#rows
    const keys = this.#keys
    let at = this.count++
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = keys[parent] as number
      if (above >= key) break
      rows[at] = rows[parent] as number
      keys[at] = above
      at = parent
    }
    rows[at] = row
    keys[at] = key
  }

  /** Takes the root off; its row. */
  pop(): number {
    const rows = this.#rows
    const keys = this.#keys
    const top = rows[0] as number
    const last = --this.count
    const row = rows[last] as number
    const key = keys[last] as number
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= last) break
      if (child + 1 < last && (keys[child + 1] as number) > (keys[child] as number)) child++
      const below = keys[child] as number
      if (below <= key) break
      rows[at] = rows[child] as number
      keys[at] = below
      at = child
    }
    rows[at] = row
    keys[at] = key
    return top
  }

  #grow(): void {
    const rows = new Int32Array(2 * this.#rows.length)
    rows.set(this.#rows)
    this.#rows = rows
    const keys = new Float64Array(2 * this.#keys.length)
    keys.set(this.#keys)
    this.#keys = keys
  }
}
