/**
 * Latents that are normal given what is known of them (Balle et al. 2018; with a mean, Minnen, Balle and Toderici 2018): a
 * value at whole steps from its mean is as probable as the interval of one step around it.
 *
 *     p(y) = Phi((y - mean + 1/2) / scale) - Phi((y - mean - 1/2) / scale)
 *
 * Coding uses 64 scales (`entropy-coding/gaussian-tables.ts`), evenly spaced by their logarithm: an index says which.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { abs, add, div, erf, exp, minimum, mul, sub } from '@tensorflow/tfjs-core'
import { lowerBound } from '@winnow/layers'
import { gaussianScales } from '../entropy-coding/gaussian-tables.ts'
import { boundedLikelihood } from './bits.ts'

const LEAST = gaussianScales[0] as number
const MOST = gaussianScales.at(-1) as number

/** From one scale to the next, by the natural logarithm. */
export const SCALE_STEP: number = Math.log(MOST / LEAST) / (gaussianScales.length - 1)

/** The logarithm of the first scale. */
export const FIRST_LOG_SCALE: number = Math.log(LEAST)

/** Scales from their logarithms, within those of the tables. */
export function scalesOf(logScales: Tensor): Tensor {
  const bounded = lowerBound(logScales, Math.log(LEAST))
  return exp(minimum(bounded, Math.log(MOST)))
}

/**
 * How probable `values` are, each under a normal distribution of its own: all three of one shape.
 *
 * @param scales standard deviations
 */
export function gaussianLikelihood(values: Tensor, means: Tensor, scales: Tensor): Tensor {
  const distance = abs(sub(values, means))
  // On the side where both are at most one half, so that digits are lost as late as can be.
  const upper = cumulative(div(sub(0.5, distance), scales))
  const lower = cumulative(div(sub(-0.5, distance), scales))
  return boundedLikelihood(sub(upper, lower))
}

function cumulative(x: Tensor): Tensor {
  return mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5)
}
