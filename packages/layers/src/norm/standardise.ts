/**
 * What the norms share: subtract the mean, divide by the deviation.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, mean, mul, rsqrt, square, sub } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'

/** Mean, what is left without it, and the biased variance (over n, not n - 1); axes are kept with size 1. */
export interface Moments {
  readonly mean: Tensor
  readonly centred: Tensor
  readonly variance: Tensor
}

/** In two passes, for one pass (E[x^2] - E[x]^2) loses all digits where the mean is large. */
export function moments(x: Tensor, axes: readonly number[]): Moments {
  const average: Tensor = mean(x, [...axes], true)
  const centred: Tensor = sub(x, average)
  return { mean: average, centred, variance: mean(square(centred), [...axes], true) }
}

/** (x - mean) / sqrt(variance + epsilon) over `axes`. */
export function standardise(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const { centred, variance } = moments(x, axes)
  return mul(centred, rsqrt(add(variance, epsilon)))
}

/** Throws unless epsilon is a number above 0. */
export function checkEpsilon(layer: string, epsilon: number): void {
  check(epsilon > 0, () => `${layer}: epsilon ${epsilon} came, expected a number > 0`)
}
