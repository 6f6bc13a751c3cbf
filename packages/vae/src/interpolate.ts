/**
 * Linear interpolation between two codes.
 */

import type { Tensor } from '@tensorflow/tfjs-core'
import { add, linspace, mul, reshape, sub } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'

/**
 * Codes on the straight line between two: `[steps, latent]` from `from` to `to`, `[latent]` or `[1, latent]` each, ends
 * included.
 */
export function interpolate(from: Tensor, to: Tensor, steps: number): Tensor {
  check(
    Number.isInteger(steps) && steps >= 2,
    () => `interpolate: steps: ${steps} came, expected >= 2`,
  )
  const [a, b] = [from, to].map((end) => reshape(end, [1, end.size])) as [Tensor, Tensor]
  const share = reshape(linspace(0, 1, steps), [steps, 1])
  return add(a, mul(share, sub(b, a)))
}
