/**
 * Tables of normal distributions with mean 0, by integer arithmetic alone: `exp` and `erf` of floats may differ in their last
 * bits from one machine to another, and one count that differs makes noise of all that follows.
 *
 *     Phi(x) - 1/2 = S(x) / (sqrt(2 pi) exp(x^2 / 2)),   S(x) = sum of x^(2n+1) / (1 3 5 ... (2n+1))
 *
 * at x = j / 128, in fixed point with BigInt: both series have no negative terms, so nothing cancels. Between those places
 * the distribution is interpolated linearly, which is off by less than a tenth of a count of 2^16.
 */
import { countsOf, FrequencyTable } from './frequency-table.ts'

/** Scales of {@link gaussianTables}, 0.11 exp(i ln(256 / 0.11) / 63), in parts of 2^16. */
const SCALES: readonly number[] = [
  7209, 8153, 9221, 10428, 11793, 13338, 15084, 17060, 19293, 21820, 24677, 27908, 31563, 35696,
  40370, 45657, 51635, 58397, 66043, 74691, 84472, 95533, 108043, 122191, 138191, 156287, 176752,
  199897, 226073, 255677, 289157, 327021, 369843, 418272, 473044, 534987, 605042, 684270, 773872,
  875208, 989814, 1119426, 1266011, 1431791, 1619278, 1831317, 2071121, 2342327, 2649047, 2995930,
  3388236, 3831913, 4333688, 4901169, 5542960, 6268790, 7089666, 8018032, 9067964, 10255381,
  11598287, 13117040, 14834670, 16777216,
]

/** Scales are in parts of this. */
const SCALE_UNIT = 2 ** 16
/** Places for each unit of the normal distribution's argument. */
const PLACES = 128
/** Beyond so many deviations the distribution is taken to be 0 or 1: 1 - Phi(6.5) is 4e-11. */
const REACH = 6.5
/** Entries reach to at least so many deviations, where 6e-5 of the values are left for the escape. */
const ENTRIES_REACH = 4
/** Entries on each side of 0 at least: what little probability they have, they cost less than an escape. */
const LEAST_ENTRIES = 2
/** Probabilities are in parts of this, and at most half of it on one side of 0. */
const WEIGHT = 2 ** 30

/** The standard deviations of {@link gaussianTables}, in rising order: 64 from 0.11 to 256, evenly spaced by their logarithm. */
export const gaussianScales: readonly number[] = SCALES.map((scale) => scale / SCALE_UNIT)

let made: readonly FrequencyTable[] | undefined

/**
 * One table for each of {@link gaussianScales}: a whole number `k` is as probable as the interval from `k - 1/2` to `k + 1/2`
 * under a normal distribution with mean 0. The same counts on every machine.
 */
export function gaussianTables(): readonly FrequencyTable[] {
  if (made === undefined) {
    const half = halfDistribution()
    made = SCALES.map((scale) => tableOf(scale, half))
  }
  return made
}

function tableOf(scale: number, half: Float64Array): FrequencyTable {
  let reach = LEAST_ENTRIES
  while ((2 * reach + 1) * SCALE_UNIT < 2 * ENTRIES_REACH * scale) reach++
  const weights = new Array<number>(2 * reach + 2)
  let inner = 0
  for (let k = 0; k <= reach; k++) {
    const outer = upTo(2 * k + 1, scale, half)
    const weight = k === 0 ? 2 * outer : outer - inner
    weights[reach - k] = weight
    weights[reach + k] = weight
    inner = outer
  }
  weights[2 * reach + 1] = WEIGHT - 2 * inner
  return new FrequencyTable(-reach, countsOf(weights))
}

/** The probability of the interval from 0 to `halves / 2`, for a deviation of `scale` parts. */
function upTo(halves: number, scale: number, half: Float64Array): number {
  const place = halves * (PLACES / 2) * SCALE_UNIT
  const whole = Math.floor(place / scale)
  if (whole + 1 >= half.length) return WEIGHT / 2
  const low = half[whole] as number
  const step = (half[whole + 1] as number) - low
  return low + Math.floor((step * (place - whole * scale)) / scale)
}

/** Phi(j / 128) - 1/2 in whole parts of 2^30. */
function halfDistribution(): Float64Array {
  const bits = 64n
  const one = 1n << bits
  // sqrt(2 pi) in parts of 2^64.
  const root = 46239130270042206922n
  return Float64Array.from({ length: REACH * PLACES + 1 }, (_, place) => {
    const square = BigInt(place * place)
    let exponential = 0n
    for (let n = 1n, term = one; term > 0n; n++) {
      exponential += term
      term = (term * square) / (BigInt(2 * PLACES * PLACES) * n)
    }
    let sum = 0n
    for (let n = 1n, term = (one * BigInt(place)) / BigInt(PLACES); term > 0n; n++) {
      sum += term
      term = (term * square) / (BigInt(PLACES * PLACES) * (2n * n + 1n))
    }
    const denominator = exponential * root
    return Number((sum * one * BigInt(2 * WEIGHT) + denominator) / (2n * denominator))
  })
}
