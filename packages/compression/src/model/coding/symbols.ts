/**
 * What is coded of a tile: whole numbers, each with the table that it is coded by.
 */
import { escapeBits } from '../../entropy-coding/escape.ts'
import { type FrequencyTable, PRECISION } from '../../entropy-coding/frequency-table.ts'

/** Numbers that are coded one after another. */
export interface Symbols {
  readonly values: ArrayLike<number>
  readonly tables: readonly FrequencyTable[]
  /** The table of each value, by its place in `tables`. */
  readonly choices: ArrayLike<number>
}

/** What the tables say that the symbols take, in bits, values outside of a table included. */
export function bitsOfSymbols(all: readonly Symbols[]): number {
  let bits = 0
  for (const { values, tables, choices } of all) {
    for (let i = 0; i < values.length; i++) {
      const table = tables[choices[i] as number] as FrequencyTable
      const value = values[i] as number
      bits += PRECISION - Math.log2(table.frequency(value))
      if (value < table.offset || value >= table.offset + table.entries) {
        escapeBits(value, table, (_, count) => {
          bits += count
        })
      }
    }
  }
  return bits
}

/** The channel of each value of a map, channels last. */
export function channelChoices(places: number, channels: number): Uint16Array {
  const out = new Uint16Array(places * channels)
  for (let i = 0; i < out.length; i++) out[i] = i % channels
  return out
}

/** Of `[places, channels]` the rows of those places that are marked; all where nothing is. */
export function chosenRows(
  values: ArrayLike<number>,
  marked: Float32Array | undefined,
): Int32Array {
  if (marked === undefined) return Int32Array.from(values)
  const channels = values.length / marked.length
  const out: number[] = []
  marked.forEach((mark, place) => {
    if (mark === 0) return
    for (let c = 0; c < channels; c++) out.push(values[place * channels + c] as number)
  })
  return Int32Array.from(out)
}
