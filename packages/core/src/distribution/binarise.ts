/**
 * Black-and-white pictures from grey ones: a grey value is the probability of white (Salakhutdinov and Murray, 2008).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { step, sub } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import type { Rng } from '../rng.ts'

/** Options of {@link binarise}: one of the two. */
export type BinariseOptions =
  /** Dynamic: each value is the probability of a one, drawn anew at every call. */
  | { readonly rng: Rng }
  /** Fixed: ones where the value lies above the threshold, which is 0.5 in most work. */
  | { readonly threshold: number }

/**
 * @param x grey values in [0, 1], any shape
 * @returns zeros and ones, float32 of the shape of `x`, without gradient
 * @throws WinnowError when the threshold is not a number
 */
export function binarise(x: Tensor, options: BinariseOptions): Tensor {
  if ('rng' in options) return step(sub(x, options.rng.uniform(x.shape)))
  const { threshold } = options
  check(
    Number.isFinite(threshold),
    () => `binarise: threshold ${threshold} came, expected a number such as 0.5`,
  )
  return step(sub(x, threshold))
}
