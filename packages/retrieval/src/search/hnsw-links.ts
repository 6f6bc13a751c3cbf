/**
 * Who is whose neighbour, level by level: on level 0 a block of 2 M + 1 numbers for each row (how many, then which), above
 * it M + 1 for each level that the row is on.
 */
import type { IndexFile } from './index-file.ts'

/** More levels than any number of rows reaches. */
export const MOST_LEVELS = 32

export class HnswLinks {
  /** M: the most neighbours on a level above the lowest. */
  readonly neighbours: number
  /** The highest level of each row. */
  levels: Uint8Array = new Uint8Array(64)
  #base: Int32Array
  #upper: (Int32Array | undefined)[] = []
  rows = 0

  constructor(neighbours: number) {
    this.neighbours = neighbours
    this.#base = new Int32Array(64 * this.#width(0))
  }

  /** The most neighbours on a level. */
  most(level: number): number {
    return level === 0 ? 2 * this.neighbours : this.neighbours
  }

  #width(level: number): number {
    return this.most(level) + 1
  }

  /** A new row without neighbours. */
  add(level: number): number {
    const row = this.rows++
    if (row === this.levels.length) {
      const levels = new Uint8Array(2 * row)
      levels.set(this.levels)
      this.levels = levels
      const base = new Int32Array(2 * row * this.#width(0))
      base.set(this.#base)
      this.#base = base
    }
    this.levels[row] = level
    this.#upper[row] = level === 0 ? undefined : new Int32Array(level * this.#width(1))
    return row
  }

  /** The array that holds a row's neighbours on a level; they begin behind {@link at}. */
  array(row: number, level: number): Int32Array {
    return level === 0 ? this.#base : (this.#upper[row] as Int32Array)
  }

  /** Where the number of neighbours stands. */
  at(row: number, level: number): number {
    return level === 0 ? row * this.#width(0) : (level - 1) * this.#width(1)
  }

  set(row: number, level: number, neighbours: readonly number[]): void {
    const array = this.array(row, level)
    const at = this.at(row, level)
    array[at] = neighbours.length
    for (const [i, other] of neighbours.entries()) array[at + 1 + i] = other
  }

  /** Level 0, and the levels above row by row. */
  toArrays(): {
    readonly levels: Uint8Array
    readonly base: Int32Array
    readonly upper: Int32Array
  } {
    const above = this.#upper.slice(0, this.rows).filter((array) => array !== undefined)
    const upper = new Int32Array(above.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const array of above) {
      upper.set(array, at)
      at += array.length
    }
    return {
      levels: this.levels.slice(0, this.rows),
      base: this.#base.slice(0, this.rows * this.#width(0)),
      upper,
    }
  }

  /** @throws WinnowError when the file has no graph of `rows` rows */
  static fromFile(file: IndexFile, neighbours: number, rows: number): HnswLinks {
    const links = new HnswLinks(neighbours)
    const levels = file.bytes('levels')
    if (levels.length !== rows) throw file.error(`'levels' has ${levels.length} of ${rows} rows`)
    const high = Math.max(rows, 2 * neighbours + 1)
    const base = file.integers('base', { length: rows * links.#width(0), low: 0, high })
    const above = levels.reduce((sum, level) => sum + level, 0) * links.#width(1)
    const upper = file.integers('upper', { length: above, low: 0, high })
    let at = 0
    for (const level of levels) {
      if (level >= MOST_LEVELS) throw file.error(`'levels' holds ${level}`)
      const row = links.add(level)
      links.#base.set(
        base.subarray(row * links.#width(0), (row + 1) * links.#width(0)),
        row * links.#width(0),
      )
      const length = level * links.#width(1)
      links.#upper[row]?.set(upper.subarray(at, at + length))
      at += length
    }
    links.#check(file)
    return links
  }

  /** A neighbour that is not on the level would lead out of the graph. */
  #check(file: IndexFile): void {
    for (let row = 0; row < this.rows; row++) {
      for (let level = 0; level <= (this.levels[row] as number); level++) {
        const array = this.array(row, level)
        const at = this.at(row, level)
        const count = array[at] as number
        if (count > this.most(level)) throw file.error(`row ${row} has ${count} neighbours`)
        for (let i = 1; i <= count; i++) {
          const other = array[at + i] as number
          if (!((this.levels[other] as number) >= level) || other >= this.rows) {
            throw file.error(`row ${row} has neighbour ${other} on level ${level}`)
          }
        }
      }
    }
  }
}
