/**
 * A smooth bound: the identity well inside `[low, high]`, levelling off at both ends, never outside.
 *
 * `y = high - softplus(high - x)`, then `low + softplus(y - low)`. Three units inside the bounds it differs from `x` by
 * less than 0.05, ten units inside by less than 5e-5. Unlike a hard clip it always has a gradient that leads back.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, softplus, sub } from '@tensorflow/tfjs-core'

/** An interval, low before high. */
export type Bounds = readonly [low: number, high: number]

/**
 * @param x any shape
 * @returns the shape of `x`, within `bounds` (up to rounding)
 */
export function softBound(x: Tensor, bounds: Bounds): Tensor {
  const [low, high] = bounds
  const below = sub(high, softplus(sub(high, x)))
  return add(low, softplus(sub(below, low)))
}
