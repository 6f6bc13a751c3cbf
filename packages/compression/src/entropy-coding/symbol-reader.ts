/**
 * Reads what `symbol-writer.ts` wrote: rANS undone step by step. The number's lower 16 bits say among the counts of which
 * symbol it lies, and
 *
 *     f floor(x / 2^16) + x mod 2^16 - s
 *
 * is the number before that symbol, into which 16 bits are moved where it is below 2^32.
 */
import { check, WinnowError } from '@winnow/core'
import { readEscape } from './escape.ts'
import { type FrequencyTable, PRECISION, TOTAL } from './frequency-table.ts'
import { LEAST, noTable } from './symbol-writer.ts'

/** Reads symbols in the order in which they were written, by the same tables. */
export class SymbolReader {
  readonly #bytes: Uint8Array
  #at = 0
  #x = 0

  /** @throws WinnowError for bytes that no writer wrote */
  constructor(bytes: Uint8Array) {
    check(
      bytes.length >= 6 && bytes.length % 2 === 0,
      () => `entropy coding: ${bytes.length} bytes came, expected an even number from 6 on`,
    )
    this.#bytes = bytes
    for (let part = 0; part < 3; part++) this.#x = this.#x * TOTAL + this.#word()
    if (this.#x < LEAST) throw damaged()
  }

  /** @throws WinnowError for damaged data, as far as it shows */
  get(table: FrequencyTable): number {
    const { cumulative } = table
    const rest = Math.floor(this.#x / TOTAL)
    const slot = this.#x - rest * TOTAL
    let entry = table.index[slot >>> 8] as number
    let next = cumulative[entry + 1] as number
    while (next <= slot) next = cumulative[++entry + 1] as number
    const start = cumulative[entry] as number
    let x = (next - start) * rest + slot - start
    if (x < LEAST) x = x * TOTAL + this.#word()
    this.#x = x
    if (entry === cumulative.length - 2) return readEscape(table, (count) => this.getBits(count))
    return table.offset + entry
  }

  /**
   * Many symbols, each by one of several tables.
   *
   * @param choices the table of each value, by its place in `tables`
   */
  getAll(tables: readonly FrequencyTable[], choices: ArrayLike<number>): Int32Array {
    const out = new Int32Array(choices.length)
    for (let i = 0; i < out.length; i++) {
      const table = tables[choices[i] as number]
      if (table === undefined) throw noTable(choices[i] as number, tables.length)
      out[i] = this.get(table)
    }
    return out
  }

  /** Bits that are all as probable. @param count 1 to 16 */
  getBits(count: number): number {
    check(
      Number.isInteger(count) && count >= 1 && count <= PRECISION,
      () => `SymbolReader: ${count} bits came, expected 1 to ${PRECISION}`,
    )
    const width = 2 ** (PRECISION - count)
    const rest = Math.floor(this.#x / TOTAL)
    const slot = this.#x - rest * TOTAL
    const bits = Math.floor(slot / width)
    let x = width * rest + slot - bits * width
    if (x < LEAST) x = x * TOTAL + this.#word()
    this.#x = x
    return bits
  }

  /**
   * To be called after the last symbol: damage that went unnoticed shows here almost surely.
   *
   * @throws WinnowError unless all bytes were used, and lead back to where the writer began
   */
  finish(): void {
    if (this.#at !== this.#bytes.length || this.#x !== LEAST) throw damaged()
  }

  #word(): number {
    const at = this.#at
    if (at >= this.#bytes.length) throw damaged()
    this.#at = at + 2
    return (this.#bytes[at] as number) | ((this.#bytes[at + 1] as number) << 8)
  }
}

function damaged(): WinnowError {
  return new WinnowError('entropy coding: the data are damaged, or were written by other tables')
}
