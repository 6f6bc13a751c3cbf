/**
 * One channel without loss, for alpha: each value is foretold from its neighbours by the median edge detector (LOCO-I,
 * Weinberger, Seroussi and Sapiro 2000), and what it differs by is coded by the table of a normal distribution, the best one for
 * how much the neighbours differ among themselves.
 */
import { check, WinnowError } from '@winnow/core'
import type { FrequencyTable } from '../entropy-coding/frequency-table.ts'
import { gaussianTables } from '../entropy-coding/gaussian-tables.ts'
import { SymbolReader } from '../entropy-coding/symbol-reader.ts'
import { SymbolWriter } from '../entropy-coding/symbol-writer.ts'

/** Values lie in rows of `width`. */
export interface Plane {
  readonly data: ArrayLike<number>
  readonly width: number
  readonly height: number
}

/** Neighbours that differ by less than these belong to the classes from 0 on; all others to the last. */
const CLASSES = [1, 3, 9, 33, 257]

/** @param depth bits of a value: 8 or 16 */
export function compressPlane({ data, width, height }: Plane, depth: number): Uint8Array {
  const tables = gaussianTables()
  const differences = new Int32Array(width * height)
  const classes = new Uint8Array(width * height)
  for (let at = 0; at < differences.length; at++) {
    const { foretold, spread } = neighbours(data, at, width)
    differences[at] = wrapped((data[at] as number) - foretold, depth)
    classes[at] = classOf(spread)
  }
  const choices = [...CLASSES, 0].map((_, group) => bestTable(differences, classes, group, tables))
  const writer = new SymbolWriter()
  for (const choice of choices) writer.putBits(choice, 6)
  for (let at = 0; at < differences.length; at++) {
    const choice = choices[classes[at] as number] as number
    writer.put(differences[at] as number, tables[choice] as FrequencyTable)
  }
  return writer.finish()
}

/** @throws WinnowError for damaged bytes */
export function decompressPlane(
  bytes: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
  depth: number,
): Uint16Array {
  const tables = gaussianTables()
  const reader = new SymbolReader(bytes)
  const chosen = [...CLASSES, 0].map(() => tables[reader.getBits(6)] as FrequencyTable)
  const half = 2 ** (depth - 1)
  const data = new Uint16Array(width * height)
  for (let at = 0; at < data.length; at++) {
    const { foretold, spread } = neighbours(data, at, width)
    const difference = reader.get(chosen[classOf(spread)] as FrequencyTable)
    if (difference < -half || difference >= half) {
      throw new WinnowError('entropy coding: the data are damaged')
    }
    data[at] = (foretold + difference) & (2 ** depth - 1)
  }
  reader.finish()
  return data
}

/** What the neighbours to the left and above tell. Beyond the edge lies the nearest of those inside; at first all is 0. */
function neighbours(
  data: ArrayLike<number>,
  at: number,
  width: number,
): { foretold: number; spread: number } {
  const first = at % width === 0
  const top = at < width
  if (first && top) return { foretold: 0, spread: 0 }
  const above = data[top ? at - 1 : at - width] as number
  const left = first ? above : (data[at - 1] as number)
  const corner = top ? left : (data[first ? at - width : at - width - 1] as number)
  const [low, high] = left < above ? [left, above] : [above, left]
  const foretold = corner >= high ? low : corner <= low ? high : left + above - corner
  return { foretold, spread: Math.max(Math.abs(left - corner), Math.abs(above - corner)) }
}

function classOf(spread: number): number {
  let group = 0
  while (group < CLASSES.length && spread >= (CLASSES[group] as number)) group++
  return group
}

/** A difference of values around a circle of 2^depth: from -2^(depth - 1) on. */
function wrapped(difference: number, depth: number): number {
  const half = 2 ** (depth - 1)
  return ((difference + half) & (2 ** depth - 1)) - half
}

/** The table by which the differences of a class take the fewest bits, escapes taken to cost twice their bits and 16. */
function bestTable(
  differences: Int32Array,
  classes: Uint8Array,
  group: number,
  tables: readonly FrequencyTable[],
): number {
  const counts = new Map<number, number>()
  for (let at = 0; at < differences.length; at++) {
    if (classes[at] !== group) continue
    const difference = differences[at] as number
    counts.set(difference, (counts.get(difference) ?? 0) + 1)
  }
  check(tables.length === 64, () => `lossless plane: ${tables.length} tables came, expected 64`)
  const costs = tables.map((table) => {
    let bits = 0
    for (const [difference, count] of counts) {
      const away = Math.abs(difference)
      const outside = away > (table.entries - 1) / 2 ? 2 * Math.log2(away) : 0
      bits += count * (16 - Math.log2(table.frequency(difference)) + outside)
    }
    return bits
  })
  return costs.indexOf(Math.min(...costs))
}
