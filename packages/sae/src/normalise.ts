/**
 * Examples brought to mean 0 and deviation 1, each by itself, as a layer norm without parameters (Gao et al., 2024).
 *
 *     y = (x - mean x) / (deviation x + 1e-5),   with the unbiased deviation
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, div, mean, mul, sqrt, square, sub, sum } from '@tensorflow/tfjs-core'

const EPSILON = 1e-5

/** What was taken from each example. */
export interface ExampleScale {
  /** `[batch, 1]` */
  readonly mean: Tensor
  /** `[batch, 1]`: the deviation, with what keeps it above 0. */
  readonly deviation: Tensor
}

/** `[batch, inputs]` -> the same, normalised. A constant example becomes zeros. */
export function normaliseExamples(x: Tensor): { readonly x: Tensor; readonly scale: ExampleScale } {
  const centre = mean(x, 1, true)
  const centred = sub(x, centre)
  const variance = div(sum(square(centred), 1, true), Math.max(1, (x.shape[1] as number) - 1))
  const deviation: Tensor = add(sqrt(variance), EPSILON)
  return { x: div(centred, deviation), scale: { mean: centre, deviation } }
}

/** Undoes {@link normaliseExamples}. */
export function restoreExamples(y: Tensor, { mean: centre, deviation }: ExampleScale): Tensor {
  return add(mul(y, deviation), centre)
}
