/**
 * Values outside of a table, as bits: which side, then the distance from the table as an Elias gamma code (Elias 1975),
 * whose length is that of the number: as many zeros as there are bits after the first, then the bits.
 */
import { check, WinnowError } from '@winnow/core'
import type { FrequencyTable } from './frequency-table.ts'

/** Gamma codes of numbers that need more bits than this are not written, and refused when read. */
const MOST_BITS = 31

/** @throws WinnowError unless the value is a whole number in the range of int32 */
export function escapeBits(
  value: number,
  table: FrequencyTable,
  put: (bits: number, count: number) => void,
): void {
  check(
    Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31,
    () => `symbol ${value} came, expected a whole number in the range of int32`,
  )
  const below = value < table.offset
  const distance = below ? table.offset - value : value - (table.offset + table.entries) + 1
  put(below ? 1 : 0, 1)
  let length = 1
  while (length < 53 && distance >= 2 ** length) length++
  check(
    length <= MOST_BITS,
    () => `symbol ${value} came, expected one within 2^31 of its table at ${table.offset}`,
  )
  // The reader takes them one by one, since it does not know how many there are.
  for (let zeros = length - 1; zeros > 0; zeros--) put(0, 1)
  put(1, 1)
  for (let rest = length - 1; rest > 0; ) {
    const count = Math.min(16, rest)
    rest -= count
    put(Math.floor(distance / 2 ** rest) & (2 ** count - 1), count)
  }
}

/** @throws WinnowError for bits that {@link escapeBits} does not write */
export function readEscape(table: FrequencyTable, get: (count: number) => number): number {
  const below = get(1) === 1
  let length = 1
  while (get(1) === 0) {
    length++
    if (length > MOST_BITS) throw new WinnowError('entropy coding: the data are damaged')
  }
  let distance = 1
  for (let rest = length - 1; rest > 0; ) {
    const count = Math.min(16, rest)
    rest -= count
    distance = distance * 2 ** count + get(count)
  }
  const value = below ? table.offset - distance : table.offset + table.entries - 1 + distance
  if (value < -(2 ** 31) || value >= 2 ** 31) {
    throw new WinnowError('entropy coding: the data are damaged')
  }
  return value
}
