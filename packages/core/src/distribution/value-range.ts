/**
 * Whether data lie where a likelihood expects them, checked on the host before training starts.
 */
import { WinnowError } from '../error.ts'
import type { Bounds } from './soft-bound.ts'

/** Closed interval, or the whole line. */
export type ValueRange = Bounds | 'real'

/** Whose values these are and who expects what, for the message. */
export interface RangeNames {
  /** The argument that holds the values. */
  readonly argument: string
  /** Who expects them in the range, such as `bernoulli()`. */
  readonly expectedBy: string
}

/**
 * @throws WinnowError when a value is not finite or lies outside `range`; it says how to bring the data into range
 *   where that is plain (bytes, or [-1, 1] for [0, 1] and back)
 */
export function checkRange(values: ArrayLike<number>, range: ValueRange, names: RangeNames): void {
  const { argument, expectedBy } = names
  const expectation = range === 'real' ? 'finite numbers' : `[${range[0]}, ${range[1]}]`
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (!Number.isFinite(value)) {
      throw new WinnowError(
        `${argument}: ${value} came at index ${i}, ${expectedBy} expects ${expectation}`,
      )
    }
    if (value < low) low = value
    if (value > high) high = value
  }
  if (range === 'real' || values.length === 0 || (low >= range[0] && high <= range[1])) return
  const came = high > range[1] ? `values up to ${high}` : `values down to ${low}`
  const advice = remedy([low, high], range)
  throw new WinnowError(`${argument}: ${came} came, ${expectedBy} expects ${expectation}${advice}`)
}

function remedy(found: Bounds, range: Bounds): string {
  const [low, high] = found
  const isUnit = range[0] === 0 && range[1] === 1
  const isSymmetric = range[0] === -1 && range[1] === 1
  const isBytes = low >= 0 && high <= 255 && high > 1
  if (isUnit && isBytes) return '; divide by 255'
  if (isUnit && low >= -1 && high <= 1) return '; add 1 and divide by 2'
  if (isSymmetric && isBytes) return '; divide by 127.5 and subtract 1'
  return ''
}
