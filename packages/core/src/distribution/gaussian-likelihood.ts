/**
 * The Gaussian likelihood, for real-valued data.
 *
 *     log p(x) = -1/2 sum_i (log 2 pi + log variance_i + (x_i - mean_i)^2 / variance_i)
 *
 * With a fixed variance this is the squared error with a weight: at variance 1/2 the plain sum of squares, up to a
 * constant. It is a density, so its nats can be positive; for bits per dimension see `bitsPerDimension`.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, exp, mul, square, sub } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import { checkBounds, gaussianLogDensity } from './gaussian.ts'
import {
  checkOutputs,
  LIKELIHOOD_REDUCTION,
  type Likelihood,
  splitOutputs,
  sumPerExample,
} from './likelihood.ts'
import { type Bounds, softBound } from './soft-bound.ts'
import { checkRange, type ValueRange } from './value-range.ts'

const LOG_TWO_PI = Math.log(2 * Math.PI)

/** Options of {@link gaussianLikelihood}. */
export interface GaussianLikelihoodOptions {
  /** A fixed variance (1 by default), or `'learned'`: the decoder gives a log-variance for each pixel. */
  readonly variance?: number | 'learned'
  /** Smooth bounds of a learned log-variance; [-10, 10] by default: without a floor one exact pixel wins all. */
  readonly logVarianceBounds?: Bounds
  /** Where data must lie; `'real'` by default. It is checked, the model itself covers the whole line. */
  readonly range?: ValueRange
}

/**
 * Data on the real line; the decoder gives a mean for each pixel, or the means and then the log-variances.
 *
 * @throws WinnowError when the variance is not a positive number
 */
export function gaussianLikelihood(options: GaussianLikelihoodOptions = {}): Likelihood {
  const { variance = 1, logVarianceBounds = [-10, 10], range = 'real' } = options
  check(
    variance === 'learned' || (Number.isFinite(variance) && variance > 0),
    () => `gaussianLikelihood: variance ${variance} came, expected a positive number or 'learned'`,
  )
  checkBounds('gaussianLikelihood: logVarianceBounds', logVarianceBounds)
  const kind = { name: 'gaussianLikelihood', parameters: variance === 'learned' ? 2 : 1 }
  const parametersOf = (outputs: Tensor): [mean: Tensor, logVariance: Tensor | undefined] => {
    const [mean, raw] = splitOutputs(outputs, kind) as [Tensor, Tensor | undefined]
    return [mean, raw && softBound(raw, logVarianceBounds)]
  }
  return {
    ...kind,
    range,
    reduction: LIKELIHOOD_REDUCTION,
    logProbability(x, outputs) {
      checkOutputs(x, outputs, kind)
      const [mean, logVariance] = parametersOf(outputs)
      return sumPerExample(
        logVariance === undefined
          ? fixedLogDensity(x, mean, variance as number)
          : gaussianLogDensity(x, { mean, logVariance }),
      )
    },
    mean: (outputs) => parametersOf(outputs)[0],
    sample(outputs, rng) {
      const [mean, logVariance] = parametersOf(outputs)
      const deviation =
        logVariance === undefined ? Math.sqrt(variance as number) : exp(mul(logVariance, 0.5))
      return add(mean, mul(rng.normal(mean.shape), deviation))
    },
    checkRange: (values, name) =>
      checkRange(values, range, { argument: name, expectedBy: 'gaussianLikelihood()' }),
  }
}

function fixedLogDensity(x: Tensor, mean: Tensor, variance: number): Tensor {
  const constant = -0.5 * (LOG_TWO_PI + Math.log(variance))
  return add(mul(square(sub(x, mean)), -0.5 / variance), constant)
}
