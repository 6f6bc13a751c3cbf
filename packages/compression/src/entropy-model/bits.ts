/**
 * What values cost in bits, and what stands for rounding while a codec is trained (Balle, Laparra and Simoncelli 2017).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, log, mul, neg, reshape, round, sub, sum, tensor } from '@tensorflow/tfjs-core'
import { type Context, stopGradient } from '@winnow/core'
import { lowerBound } from '@winnow/layers'

/** Less probable values count as if they were this probable: a logarithm of 0 would be the end of training. */
const LEAST_LIKELIHOOD = 1e-9

/** Probabilities, bounded so that what is too improbable can still become more probable. */
export function boundedLikelihood(likelihood: Tensor): Tensor {
  return lowerBound(likelihood, LEAST_LIKELIHOOD)
}

/**
 * -log2 of probabilities, summed over all axes but the first: `[batch]`.
 *
 * @param places 1 for places of a map that count, `height * width` of them in rows; all by default
 */
export function bitsOf(likelihood: Tensor, places?: Float32Array): Tensor {
  const [batch, height, width] = likelihood.shape as [number, number, number]
  const logs = log(likelihood)
  const counted = places === undefined ? logs : mul(logs, tensor(places, [1, height, width, 1]))
  return mul(neg(sum(reshape(counted, [batch, likelihood.size / batch]), 1)), 1 / Math.LN2)
}

/** Whole steps away from `centre`, through which gradients pass as if nothing had happened (straight through). */
export function roundStraight(x: Tensor, centre: Tensor): Tensor {
  const offset = sub(x, centre)
  return add(x, stopGradient(sub(round(offset), offset)))
}

/**
 * What the rate of `x` is measured at: with uniform noise of one step while training, whose density is that of the
 * probabilities of rounded values; else rounded to whole steps away from `centre`.
 */
export function quantised(x: Tensor, centre: Tensor, context?: Context): Tensor {
  if (context?.training !== true) return roundStraight(x, centre)
  return add(x, context.rng.split().uniform(x.shape, { low: -0.5, high: 0.5 }))
}
