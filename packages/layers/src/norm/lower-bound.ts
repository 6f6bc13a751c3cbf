/**
 * A lower bound that can be left again (Balle, Laparra and Simoncelli 2016): max(x, bound), whose gradient also passes below
 * the bound where a step against it leads back up. A plain maximum keeps for ever what once fell below.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { cast, greaterEqual, less, logicalOr, maximum, mul } from '@tensorflow/tfjs-core'
import { needsHigherOrder, ownGradient } from '@winnow/core'

/**
 * @param x float32, any shape
 * @returns max(x, bound), of the same shape
 */
export function lowerBound(x: Tensor, bound: number): Tensor {
  if (needsHigherOrder()) return maximum(x, bound)
  return ownGradient('lowerBound', [x], {
    forward: (save) => {
      save(x)
      return maximum(x, bound)
    },
    backward: (gradient, saved) => {
      const passes = logicalOr(greaterEqual(saved[0] as Tensor, bound), less(gradient, 0))
      return [mul(gradient, cast(passes, 'float32'))]
    },
  })
}
