/**
 * rANS, asymmetric numeral systems by ranges (Duda 2013): the message is one large number, and a symbol with f of 2^16
 * counts from s on takes the number x to
 *
 *     floor(x / f) 2^16 + s + x mod f
 *
 * of which 16 bits are moved out whenever it would reach 2^48. All are whole numbers below 2^53, exact in a float64, so that
 * every machine writes the same bytes; and with 32 bits below the counts next to nothing is lost to rounding.
 *
 * A decoder undoes the last step first: so symbols are kept, and written backwards at the end.
 */
import { check, WinnowError } from '@winnow/core'
import { escapeBits } from './escape.ts'
import { type FrequencyTable, PRECISION, TOTAL } from './frequency-table.ts'

/** The number is at least this between symbols, and below 2^16 times it. */
export const LEAST: number = 2 ** 32

/** Writes symbols. */
export class SymbolWriter {
  /** A symbol's first count, and below it its counts less 1. */
  #symbols = new Uint32Array(1024)
  #length = 0

  /** How many steps of the coder there are so far: symbols, and parts of escapes. */
  get length(): number {
    return this.#length
  }

  /**
   * @param value a whole number in the range of int32; outside of the table it takes an escape and its own bits
   * @throws WinnowError for other numbers
   */
  put(value: number, table: FrequencyTable): void {
    const { cumulative } = table
    const entries = cumulative.length - 2
    const entry = value - table.offset
    const inside = entry >= 0 && entry < entries && Number.isInteger(entry)
    const place = inside ? entry : entries
    const start = cumulative[place] as number
    this.#push(start, (cumulative[place + 1] as number) - start)
    if (!inside) escapeBits(value, table, (bits, count) => this.putBits(bits, count))
  }

  /**
   * Many symbols, each by one of several tables.
   *
   * @param choices the table of each value, by its place in `tables`
   */
  putAll(
    values: ArrayLike<number>,
    tables: readonly FrequencyTable[],
    choices: ArrayLike<number>,
  ): void {
    check(
      values.length === choices.length,
      () => `SymbolWriter: ${values.length} values and ${choices.length} choices of tables came`,
    )
    for (let i = 0; i < values.length; i++) {
      const table = tables[choices[i] as number]
      if (table === undefined) throw noTable(choices[i] as number, tables.length)
      this.put(values[i] as number, table)
    }
  }

  /** Bits that are all as probable. @param count 1 to 16 */
  putBits(bits: number, count: number): void {
    check(
      Number.isInteger(count) && count >= 1 && count <= PRECISION,
      () => `SymbolWriter: ${count} bits came, expected 1 to ${PRECISION}`,
    )
    check(
      Number.isInteger(bits) && bits >= 0 && bits < 2 ** count,
      () => `SymbolWriter: ${bits} came, expected a whole number below 2^${count}`,
    )
    const width = 2 ** (PRECISION - count)
    this.#push(bits * width, width)
  }

  #push(start: number, frequency: number): void {
    if (this.#length === this.#symbols.length) {
      const larger = new Uint32Array(2 * this.#length)
      larger.set(this.#symbols)
      this.#symbols = larger
    }
    this.#symbols[this.#length++] = ((start << 16) | (frequency - 1)) >>> 0
  }

  /** The bytes of all symbols so far: 6 for the number, and 2 for each 16 bits that left it. */
  finish(): Uint8Array {
    const symbols = this.#symbols
    // No step moves out more than one word.
    const words = new Uint16Array(this.#length + 3)
    let at = words.length
    let x = LEAST
    for (let i = this.#length - 1; i >= 0; i--) {
      const symbol = symbols[i] as number
      const start = symbol >>> 16
      const frequency = (symbol & 0xffff) + 1
      if (x >= frequency * LEAST) {
        const rest = Math.floor(x / TOTAL)
        words[--at] = x - rest * TOTAL
        x = rest
      }
      const quotient = Math.floor(x / frequency)
      x = quotient * TOTAL + start + (x - quotient * frequency)
    }
    for (let part = 0; part < 3; part++) {
      const rest = Math.floor(x / TOTAL)
      words[--at] = x - rest * TOTAL
      x = rest
    }
    const bytes = new Uint8Array(2 * (words.length - at))
    for (let i = 0; at < words.length; at++, i += 2) {
      const word = words[at] as number
      bytes[i] = word & 0xff
      bytes[i + 1] = word >>> 8
    }
    return bytes
  }
}

/** The error of a choice that is not among the tables. */
export function noTable(choice: number, tables: number): WinnowError {
  return new WinnowError(`symbols: table ${choice} came, expected one of ${tables} from 0`)
}
