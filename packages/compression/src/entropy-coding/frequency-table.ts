/**
 * Frequency tables: how probable each value is, in whole counts of 1 in 2^16. An entropy coder that reads and writes by
 * integers alone gives the same symbols on every machine, as long as the counts are the same: so tables are either
 * stored as integers or derived by integer arithmetic (`gaussian-tables.ts`).
 *
 * One entry after the last is the escape: it stands for every value outside of the table, which is then written out.
 */
import { check, WinnowError } from '@winnow/core'

/** Counts add up to 2 to this power. */
export const PRECISION = 16

/** What the counts of a table add up to. */
export const TOTAL: number = 2 ** PRECISION

/** Slots of the index by which a reader finds an entry: the upper 8 bits of a place among the counts. */
const INDEX_SHIFT = 8

/** How probable each of some adjacent whole numbers is, and all others together. */
export class FrequencyTable {
  /** The value of the first entry. */
  readonly offset: number
  /** Entry `i` has the counts from `cumulative[i]` to `cumulative[i + 1]`; the last entry is the escape. `[entries + 2]` */
  readonly cumulative: Uint32Array
  /** The first entry that reaches into each 256th part of the counts: where a search begins. */
  readonly index: Uint16Array

  /**
   * @param offset the value of the first entry, a whole number in the range of int32
   * @param frequencies counts of each entry, then of the escape: each at least 1, 65,536 in all
   * @throws WinnowError for other counts
   */
  constructor(offset: number, frequencies: ArrayLike<number>) {
    const entries = frequencies.length
    check(
      Number.isInteger(offset) && Math.abs(offset) < 2 ** 30,
      () => `FrequencyTable: offset ${offset} came, expected a whole number within 2^30 of 0`,
    )
    check(
      entries >= 1 && entries <= TOTAL,
      () => `FrequencyTable: ${entries} frequencies came, expected 1 to ${TOTAL}`,
    )
    const cumulative = new Uint32Array(entries + 1)
    for (let i = 0; i < entries; i++) {
      const frequency = frequencies[i] as number
      // Before it is added: a Uint32Array would wrap what is too large.
      if (!(Number.isInteger(frequency) && frequency >= 1 && frequency <= TOTAL)) {
        throw new WinnowError(
          `FrequencyTable: frequency ${frequency} came for entry ${i}, expected a whole number from 1 to ${TOTAL}`,
        )
      }
      cumulative[i + 1] = (cumulative[i] as number) + frequency
    }
    check(
      cumulative[entries] === TOTAL,
      () => `FrequencyTable: frequencies of ${cumulative[entries]} in all came, expected ${TOTAL}`,
    )
    const index = new Uint16Array(TOTAL >>> INDEX_SHIFT)
    for (let slot = 0, entry = 0; slot < index.length; slot++) {
      while ((cumulative[entry + 1] as number) <= slot << INDEX_SHIFT) entry++
      index[slot] = entry
    }
    this.offset = offset
    this.cumulative = cumulative
    this.index = index
  }

  /** How many values have an entry of their own. */
  get entries(): number {
    return this.cumulative.length - 2
  }

  /** The counts of a value, or of the escape where it has no entry. */
  frequency(value: number): number {
    const { cumulative, entries } = this
    const place = value - this.offset
    const entry = place >= 0 && place < entries ? place : entries
    return (cumulative[entry + 1] as number) - (cumulative[entry] as number)
  }
}

/** Options of {@link quantiseFrequencies}. */
export interface QuantiseOptions {
  /** The value of the first entry; 0 by default. */
  readonly offset?: number
}

/** Weights are whole numbers up to this one, so that their products with a scale are exact in a float64. */
const WEIGHT = 2 ** 30
/** The scale of the counts is found in parts of one count this small. */
const SCALE = 2 ** 6

/**
 * Counts for probabilities: at least 1 each, 65,536 in all, and otherwise in proportion, so that as few bits as can be
 * are lost. What the probabilities lack to 1 is the escape's.
 *
 * Float64 probabilities of one model may differ in their last bits from machine to machine, and the counts with them:
 * make tables once, and store them ({@link tablesToIntegers}).
 *
 * @param probabilities of the values `offset`, `offset + 1`...: finite, not negative, not more than 1 (and rounding) in all
 * @throws WinnowError for other probabilities
 */
export function quantiseFrequencies(
  probabilities: ArrayLike<number>,
  options: QuantiseOptions = {},
): FrequencyTable {
  const { length } = probabilities
  let sum = 0
  for (let i = 0; i < length; i++) {
    const probability = probabilities[i] as number
    if (!(probability >= 0 && probability <= 1.000001)) {
      throw new WinnowError(
        `quantiseFrequencies: probability ${probability} came for entry ${i}, expected 0 to 1`,
      )
    }
    sum += probability
  }
  check(
    sum <= 1.000001,
    () => `quantiseFrequencies: probabilities of ${sum} in all came, expected at most 1`,
  )
  const weights = Array.from(probabilities, (probability) => Math.round(probability * WEIGHT))
  weights.push(Math.round(Math.max(0, 1 - sum) * WEIGHT))
  return new FrequencyTable(options.offset ?? 0, countsOf(weights))
}

/**
 * Counts in proportion to whole weights, each at least 1. Integer arithmetic: one scale for all that have more than one
 * count, by bisection, and what is left to the largest remainders.
 *
 * @param weights whole numbers from 0 to 2^30, the escape's last
 */
export function countsOf(weights: readonly number[]): Uint32Array {
  const { length } = weights
  check(
    length <= TOTAL,
    () => `frequency table: ${length} entries came, expected at most ${TOTAL} with the escape`,
  )
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const counts = new Uint32Array(length).fill(1)
  if (total === 0) {
    counts[length - 1] = TOTAL - length + 1
    return counts
  }
  const unit = Math.max(total, 1) * SCALE
  const countAt = (weight: number, scale: number) => Math.floor((weight * scale) / unit)
  const sumAt = (scale: number) =>
    weights.reduce((sum, weight) => sum + Math.max(1, countAt(weight, scale)), 0)
  let low = 0
  let high = TOTAL * SCALE
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (sumAt(middle) <= TOTAL) low = middle
    else high = middle - 1
  }
  const rests = weights.map((weight, entry) => {
    const count = countAt(weight, low)
    counts[entry] = Math.max(1, count)
    return { entry, rest: count < 1 ? -1 : weight * low - count * unit }
  })
  let left = TOTAL - counts.reduce((sum, count) => sum + count, 0)
  rests.sort((a, b) => b.rest - a.rest || a.entry - b.entry)
  for (let i = 0; left > 0; i = (i + 1) % length) {
    const { entry } = rests[i] as { entry: number }
    counts[entry] = (counts[entry] as number) + 1
    left--
  }
  return counts
}

/**
 * Tables as whole numbers, to store in a model: how many, then for each its offset, how many entries with the escape, and
 * their counts less 1, so that all fit 16 bits but for the offset.
 */
export function tablesToIntegers(tables: readonly FrequencyTable[]): Int32Array {
  const out: number[] = [tables.length]
  for (const { offset, cumulative } of tables) {
    out.push(offset, cumulative.length - 1)
    for (let i = 1; i < cumulative.length; i++) {
      out.push((cumulative[i] as number) - (cumulative[i - 1] as number) - 1)
    }
  }
  return Int32Array.from(out)
}

/** @throws WinnowError for integers that are not those of {@link tablesToIntegers} */
export function tablesFromIntegers(integers: ArrayLike<number>): FrequencyTable[] {
  let at = 0
  const next = (what: string): number => {
    check(at < integers.length, () => `frequency tables: they end before ${what}`)
    return integers[at++] as number
  }
  const tables = next('their number')
  check(
    Number.isInteger(tables) && tables >= 0 && tables <= integers.length,
    () => `frequency tables: ${tables} tables came, expected as many as there are integers for`,
  )
  const out: FrequencyTable[] = []
  for (let table = 0; table < tables; table++) {
    const offset = next(`the offset of table ${table}`)
    const entries = next(`the size of table ${table}`)
    check(
      Number.isInteger(entries) && entries >= 1 && entries <= integers.length - at,
      () => `frequency tables: table ${table} has ${entries} entries, more than there are integers`,
    )
    out.push(
      new FrequencyTable(
        offset,
        Array.from({ length: entries }, () => next('its counts') + 1),
      ),
    )
  }
  check(
    at === integers.length,
    () => `frequency tables: ${integers.length - at} integers are left over`,
  )
  return out
}
