/**
 * The geometric median by Weiszfeld's algorithm (1937), with the step of Vardi and Zhang (2000) where it meets a point.
 *
 *     m = argmin_y sum_i |x_i - y|;   y <- sum_i w_i x_i / sum_i w_i,  w_i = 1 / |x_i - y|
 *
 * Half of the points may lie anywhere before it is carried away; the mean is carried away by one.
 */
import { check } from '@winnow/core'
import { columnMeans } from '../metrics/rows.ts'

/** Points nearer than this share of the mean distance lie where the median is. */
const NEAR = 1e-9

/** Options of {@link geometricMedian}. */
export interface GeometricMedianOptions {
  /** 200 by default. */
  readonly iterations?: number
  /** It stops when a step is shorter than this share of the points' mean distance; 1e-6 by default. */
  readonly tolerance?: number
}

/**
 * @param points rows of `width` finite numbers, one after another
 * @returns `[width]`
 * @throws WinnowError unless there is a row, and only whole rows
 */
export function geometricMedian(
  points: ArrayLike<number>,
  width: number,
  options: GeometricMedianOptions = {},
): Float64Array {
  const { iterations = 200, tolerance = 1e-6 } = options
  const rows = points.length / width
  check(
    Number.isInteger(rows) && rows >= 1,
    () => `geometricMedian: ${points.length} numbers came, expected rows of ${width}`,
  )
  let median = columnMeans(points, width)
  const near = NEAR * step(points, median, width, 0).distance
  for (let iteration = 0; iteration < iterations; iteration++) {
    const from = median
    const { next, distance } = step(points, from, width, near)
    const moved = lengthOf(next.map((value, i) => value - (from[i] as number)))
    median = next
    if (moved <= tolerance * distance) break
  }
  return median
}

/** One step from `at`, and the points' mean distance from there. Points within `near` count as lying there. */
function step(
  points: ArrayLike<number>,
  at: Float64Array,
  width: number,
  near: number,
): { readonly next: Float64Array; readonly distance: number } {
  const weighted = new Float64Array(width)
  let weights = 0
  let distances = 0
  let here = 0
  for (let start = 0; start < points.length; start += width) {
    let square = 0
    for (let i = 0; i < width; i++) {
      square += ((points[start + i] as number) - (at[i] as number)) ** 2
    }
    const distance = Math.sqrt(square)
    if (distance <= near) {
      here++
      continue
    }
    distances += distance
    weights += 1 / distance
    for (let i = 0; i < width; i++) {
      weighted[i] = (weighted[i] as number) + (points[start + i] as number) / distance
    }
  }
  if (weights === 0) return { next: at, distance: 0 }
  // The pull of all other points; the points that lie here hold back as much as there are of them.
  const pull = lengthOf(weighted.map((sum, i) => sum - weights * (at[i] as number)))
  const stays = here === 0 ? 0 : Math.min(1, here / pull)
  const next = weighted.map((sum, i) => (1 - stays) * (sum / weights) + stays * (at[i] as number))
  return { next, distance: (distances * width) / points.length }
}

function lengthOf(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
}
