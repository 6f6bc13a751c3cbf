/**
 * The diagonal Gaussian, the posterior of the variational autoencoder (Kingma and Welling, 2013).
 *
 *     z = mean + exp(logVariance / 2) * noise
 *     log q(z) = -1/2 sum_i (log 2 pi + logVariance_i + (z_i - mean_i)^2 / exp(logVariance_i))
 *     KL(q || p) = 1/2 sum_i (lp_i - lq_i + exp(lq_i - lp_i) + (mq_i - mp_i)^2 / exp(lp_i) - 1),  l = logVariance
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, exp, mul, neg, split, square, sub, sum } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import type { Rng } from '../rng.ts'
import type { Distribution, PosteriorFamily, SampleOptions } from './distribution.ts'
import { type Bounds, softBound } from './soft-bound.ts'

const LOG_TWO_PI = Math.log(2 * Math.PI)

/** Gaussians with independent dimensions. */
export interface Gaussian extends Distribution {
  readonly family: 'gaussian'
  /** `[..., dim]` */
  readonly mean: Tensor
  /** `[..., dim]`: the natural logarithm of the variance. */
  readonly logVariance: Tensor
  /** `[...]` nats. */
  entropy(): Tensor
}

/** Mean and log-variance, `[..., dim]` each (or shapes that broadcast to it). */
export interface GaussianParameters {
  readonly mean: Tensor
  readonly logVariance: Tensor
}

/** A diagonal Gaussian with the parameters as given: `logVariance` is not bounded here. */
export function diagonalGaussian(parameters: GaussianParameters): Gaussian {
  const { mean, logVariance } = parameters
  return {
    family: 'gaussian',
    mean,
    logVariance,
    sample: (rng, options) => gaussianSample(parameters, rng, options),
    logProbability: (x) => gaussianLogProbability(x, parameters),
    entropy: () => gaussianEntropy(parameters),
  }
}

/** Whether closed forms for Gaussians hold for this distribution. */
export function isGaussian(distribution: Distribution): distribution is Gaussian {
  return distribution.family === 'gaussian'
}

/** Options of {@link gaussian}. */
export interface GaussianOptions {
  /**
   * Smooth bounds of the log-variance (two softplus, the identity inside); [-20, 20] by default, where neither the variance nor its
   * inverse overflows and `exp(20 / 2)` is the largest deviation.
   */
  readonly logVarianceBounds?: Bounds
}

/** The Gaussian posterior: the network gives `[batch, 2 * dim]`, the means and then the log-variances. */
export function gaussian(options: GaussianOptions = {}): PosteriorFamily<Gaussian> {
  const { logVarianceBounds = [-20, 20] } = options
  checkBounds('gaussian: logVarianceBounds', logVarianceBounds)
  return {
    name: 'gaussian',
    parameters: 2,
    from(outputs) {
      const width = outputs.shape.at(-1)
      check(
        width !== undefined && width % 2 === 0,
        () =>
          `gaussian: outputs of shape [${outputs.shape}] came, expected [batch, 2 * dim]: means, then log-variances`,
      )
      const [mean, logVariance] = split(outputs, 2, -1) as [Tensor, Tensor]
      return diagonalGaussian({ mean, logVariance: softBound(logVariance, logVarianceBounds) })
    },
  }
}

/** Refuses bounds that are not two numbers in order. */
export function checkBounds(name: string, bounds: Bounds): void {
  const [low, high] = bounds
  check(low < high, () => `${name}: [${bounds}] came, expected two numbers, the lower one first`)
}

/** Reparameterised draws, `[..., dim]` or `[samples, ..., dim]`. */
function gaussianSample(
  parameters: GaussianParameters,
  rng: Rng,
  options: SampleOptions = {},
): Tensor {
  const { mean, logVariance } = parameters
  const { samples } = options
  const noise = rng.normal(samples === undefined ? mean.shape : [samples, ...mean.shape])
  return add(mean, mul(exp(mul(logVariance, 0.5)), noise))
}

/** Nats for each element: `x`, mean and log-variance broadcast against each other. */
export function gaussianLogDensity(x: Tensor, parameters: GaussianParameters): Tensor {
  const { mean, logVariance } = parameters
  const standardised = mul(square(sub(x, mean)), exp(neg(logVariance)))
  return mul(add(add(standardised, logVariance), LOG_TWO_PI), -0.5)
}

/** Nats summed over the last axis: `[..., dim]` -> `[...]`. */
function gaussianLogProbability(x: Tensor, parameters: GaussianParameters): Tensor {
  return sum(gaussianLogDensity(x, parameters), -1)
}

/** `[..., dim]` -> `[...]` nats: `1/2 sum_i (1 + log 2 pi + logVariance_i)`. */
function gaussianEntropy(parameters: Pick<GaussianParameters, 'logVariance'>): Tensor {
  return mul(sum(add(parameters.logVariance, 1 + LOG_TWO_PI), -1), 0.5)
}

/** KL(q || p) in nats for each dimension, `[..., dim]`; sum over the last axis for the whole. */
export function gaussianKl(q: GaussianParameters, p: GaussianParameters): Tensor {
  const logRatio = sub(q.logVariance, p.logVariance)
  const distance = mul(square(sub(q.mean, p.mean)), exp(neg(p.logVariance)))
  return mul(sub(add(sub(exp(logRatio), logRatio), distance), 1), 0.5)
}

/** KL(q || N(0, 1)) in nats for each dimension, `[..., dim]`. */
export function gaussianKlToStandardNormal(q: GaussianParameters): Tensor {
  const { mean, logVariance } = q
  return mul(sub(add(square(mean), sub(exp(logVariance), logVariance)), 1), 0.5)
}
