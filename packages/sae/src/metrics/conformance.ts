/**
 * What any measure called explained variance must satisfy, as cases with known answers: run it on a definition of one's
 * own, or on somebody else's.
 */
import { Rng } from '@winnow/core'
import type { Reconstructed } from './rows.ts'

/** One rule, on one data set. */
export interface ConformanceResult {
  /** Such as `the mean scores 0 (mean of the data 5)`. */
  readonly rule: string
  readonly found: number
  readonly expected: number
  readonly passed: boolean
}

/** Options of {@link explainedVarianceConformance}. */
export interface ConformanceOptions {
  readonly rows?: number
  readonly width?: number
  /** How far a score may be off; 0.01 by default. */
  readonly tolerance?: number
}

/**
 * Scores reconstructions with known answers. The data are Gaussian of variance 1 about 0, 1 and 5.
 *
 * - predicting the mean scores 0, whatever the mean
 * - being off by as much as the data vary, always in the same direction, scores 0
 * - a perfect reconstruction scores 1
 * - half of each deviation left over scores 0.75, whatever the mean
 * - another unit of the data changes nothing
 */
export function explainedVarianceConformance(
  measure: (from: Reconstructed) => number,
  options: ConformanceOptions = {},
): ConformanceResult[] {
  const { rows = 2000, width = 64, tolerance = 0.01 } = options
  const rng = new Rng(2026)
  const noise = rng.normalValues(rows * width)
  const other = rng.normalValues(rows * width)
  const results: ConformanceResult[] = []
  const score = (
    rule: string,
    data: Float64Array,
    rebuild: (value: number, i: number) => number,
    expected: number,
  ): void => {
    const found = measure({ data, reconstruction: data.map(rebuild), width })
    results.push({ rule, found, expected, passed: Math.abs(found - expected) <= tolerance })
  }
  for (const mean of [0, 1, 5]) {
    const data = Float64Array.from(noise, (value) => value + mean)
    const about = `(mean of the data ${mean})`
    const means = new Float64Array(width)
    for (let i = 0; i < data.length; i++) {
      means[i % width] = (means[i % width] as number) + (data[i] as number) / rows
    }
    score(`the mean scores 0 ${about}`, data, (_, i) => means[i % width] as number, 0)
    score(`a constant offset of one deviation scores 0 ${about}`, data, (value) => value + 1, 0)
    score(`a perfect reconstruction scores 1 ${about}`, data, (value) => value, 1)
    score(
      `noise of half the deviation scores 0.75 ${about}`,
      data,
      (value, i) => value + (other[i] as number) / 2,
      0.75,
    )
  }
  const scaled = Float64Array.from(noise, (value) => 10 * (value + 1))
  score(
    'noise of half the deviation scores 0.75 (in a tenth of the unit)',
    scaled,
    (value, i) => value + 5 * (other[i] as number),
    0.75,
  )
  return results
}
