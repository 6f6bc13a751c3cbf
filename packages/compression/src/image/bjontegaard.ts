/**
 * How many more bits one codec takes than another at the same quality, on average over the qualities that both reach
 * (Bjontegaard 2001, VCEG-M33):
 *
 *     exp(1 / (high - low) * integral from low to high of (log rate_b(q) - log rate_a(q)) dq) - 1
 *
 * with the logarithm of the rate as a function of quality: a cubic polynomial fitted to all points, or a piecewise cubic through
 * them (Fritsch and Carlson 1980), which does not swing where points are far apart.
 */
import { check, WinnowError } from '@winnow/core'

/** A point of a rate-distortion curve. */
export interface RatePoint {
  /** Bits per pixel, or any measure of size; > 0. */
  readonly rate: number
  /** Decibels, or any measure of quality that rises. */
  readonly quality: number
}

/** Options of {@link bjontegaardRate}. */
export interface BjontegaardOptions {
  /** `cubic` is one polynomial of third degree, `piecewise` the default. */
  readonly fit?: 'cubic' | 'piecewise'
}

/**
 * @param anchor at least 4 points of different quality, in any order
 * @param test the other codec's
 * @returns a share: -0.2 where `test` takes 20 % fewer bits than `anchor`
 * @throws WinnowError for too few points, rates that are not positive, or qualities that do not overlap
 */
export function bjontegaardRate(
  anchor: readonly RatePoint[],
  test: readonly RatePoint[],
  options: BjontegaardOptions = {},
): number {
  const { fit = 'piecewise' } = options
  const curves = [curveOf('anchor', anchor), curveOf('test', test)]
  const low = Math.max(...curves.map(({ qualities }) => qualities[0] as number))
  const high = Math.min(...curves.map(({ qualities }) => qualities.at(-1) as number))
  check(
    low < high,
    () => `bjontegaardRate: the curves have no qualities in common (from ${low} to ${high})`,
  )
  const [before, after] = curves.map((curve) =>
    fit === 'cubic' ? fittedIntegral(curve, low, high) : piecewiseIntegral(curve, low, high),
  ) as [number, number]
  return Math.exp((after - before) / (high - low)) - 1
}

interface Curve {
  readonly qualities: readonly number[]
  readonly logs: readonly number[]
}

function curveOf(name: string, points: readonly RatePoint[]): Curve {
  check(
    points.length >= 4,
    () => `bjontegaardRate: ${name}: ${points.length} points came, expected at least 4`,
  )
  const sorted = [...points].sort((a, b) => a.quality - b.quality)
  for (const [i, { rate, quality }] of sorted.entries()) {
    if (!(rate > 0 && Number.isFinite(rate) && Number.isFinite(quality))) {
      throw new WinnowError(`bjontegaardRate: ${name}: rate ${rate} at quality ${quality} came`)
    }
    check(
      quality !== sorted[i - 1]?.quality,
      () => `bjontegaardRate: ${name}: quality ${quality} came twice`,
    )
  }
  return {
    qualities: sorted.map(({ quality }) => quality),
    logs: sorted.map(({ rate }) => Math.log(rate)),
  }
}

/** Least squares by normal equations, in qualities scaled to [-1, 1] so that they are well conditioned. */
function fittedIntegral({ qualities, logs }: Curve, low: number, high: number): number {
  const [first, last] = [qualities[0] as number, qualities.at(-1) as number]
  const [middle, half] = [(first + last) / 2, (last - first) / 2]
  const powers = qualities.map((quality) =>
    [0, 1, 2, 3].map((power) => ((quality - middle) / half) ** power),
  )
  const rows = [0, 1, 2, 3].map((i) => [
    ...[0, 1, 2, 3].map((j) =>
      powers.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), 0),
    ),
    powers.reduce((sum, row, at) => sum + (row[i] as number) * (logs[at] as number), 0),
  ])
  const coefficients = solved(rows)
  const antiderivative = (quality: number): number => {
    const x = (quality - middle) / half
    return (
      half *
      coefficients.reduce((sum, value, power) => sum + (value * x ** (power + 1)) / (power + 1), 0)
    )
  }
  return antiderivative(high) - antiderivative(low)
}

/** Gauss and Jordan with pivots; each row has its right-hand side last. */
function solved(rows: number[][]): number[] {
  const size = rows.length
  for (let column = 0; column < size; column++) {
    const at = (row: number): number => Math.abs((rows[row] as number[])[column] as number)
    let pivot = column
    for (let row = column + 1; row < size; row++) if (at(row) > at(pivot)) pivot = row
    ;[rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]]
    const top = rows[column] as number[]
    for (const [index, row] of rows.entries()) {
      const factor = (row[column] as number) / (top[column] as number)
      if (index !== column)
        for (let i = column; i <= size; i++)
          row[i] = (row[i] as number) - factor * (top[i] as number)
    }
  }
  return rows.map((row, i) => (row[size] as number) / (row[i] as number))
}

function piecewiseIntegral({ qualities: x, logs: y }: Curve, low: number, high: number): number {
  const widths = x.slice(1).map((value, i) => value - (x[i] as number))
  const rises = widths.map((width, i) => ((y[i + 1] as number) - (y[i] as number)) / width)
  const slopes = y.map((_, i) => {
    if (i === 0) return endSlope(widths, rises)
    if (i === y.length - 1) return endSlope([...widths].reverse(), [...rises].reverse())
    const [before, after] = [rises[i - 1] as number, rises[i] as number]
    if (before * after <= 0) return 0
    const [left, right] = [widths[i - 1] as number, widths[i] as number]
    const [a, b] = [2 * right + left, right + 2 * left]
    return (a + b) / (a / before + b / after)
  })
  let sum = 0
  for (const [i, width] of widths.entries()) {
    const from = Math.max(low, x[i] as number)
    const to = Math.min(high, x[i + 1] as number)
    if (from >= to) continue
    const [rise, first, last] = [rises[i] as number, slopes[i] as number, slopes[i + 1] as number]
    const coefficients = [
      y[i] as number,
      first,
      (3 * rise - 2 * first - last) / width,
      (first + last - 2 * rise) / width ** 2,
    ]
    const antiderivative = (quality: number): number => {
      const t = quality - (x[i] as number)
      return coefficients.reduce(
        (total, value, power) => total + (value * t ** (power + 1)) / (power + 1),
        0,
      )
    }
    sum += antiderivative(to) - antiderivative(from)
  }
  return sum
}

/** At an end: of the parabola through three points, kept from swinging. */
function endSlope(widths: readonly number[], rises: readonly number[]): number {
  const [first, second] = widths as [number, number]
  const [rise, next] = rises as [number, number]
  const slope = ((2 * first + second) * rise - first * next) / (first + second)
  if (slope * rise <= 0) return 0
  return rise * next <= 0 && Math.abs(slope) > 3 * Math.abs(rise) ? 3 * rise : slope
}
