/**
 * Maximum mean discrepancy (Gretton et al., 2012) between codes and draws of the prior, as in the Wasserstein
 * autoencoder (Tolstikhin et al., 2017).
 *
 *     MMD^2 = sum_{i != j} k(a_i, a_j) / n(n - 1) + sum_{i != j} k(b_i, b_j) / m(m - 1) - 2 / nm sum_{ij} k(a_i, b_j)
 *
 * The U-statistic: unbiased, so it may be negative. Keeping the diagonal would reward codes that collapse.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  addN,
  div,
  exp,
  matMul,
  mul,
  relu,
  reshape,
  slice,
  square,
  sub,
  sum,
  topk,
} from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import { withoutGradient } from '../gradients/stop-gradient.ts'
import { type Divergence, requireRng } from './divergence.ts'

/** Inverse multiquadratic kernels `C / (C + |a - b|^2)`, summed over `C = 2 dim variance scale`. */
export interface ImqKernel {
  readonly kernel: 'imq'
  /** By default [0.1, 0.2, 0.5, 1, 2, 5, 10]; several, since one alone sees differences of its own size only. */
  readonly scales?: readonly number[]
  /** Variance of the prior in each dimension; 1 by default. */
  readonly variance?: number
}

/** Gaussian kernel `exp(-|a - b|^2 / (2 s^2))`. */
export interface RbfKernel {
  readonly kernel: 'rbf'
  /** `s`; by default from the data: `s^2` is the median of `|a - b|^2` plus that of `|a - a'|^2`, held constant. */
  readonly bandwidth?: number
}

/** Options of {@link maximumMeanDiscrepancy}. */
export type MmdOptions = ImqKernel | RbfKernel

/** The divergence of codes and as many fresh draws of the prior: a scalar. The gradient flows through the codes. */
export function mmd(options: MmdOptions = { kernel: 'imq' }): Divergence {
  return (_, prior, z, rng) => ({
    value: maximumMeanDiscrepancy(z, prior.sample(z.shape, requireRng('mmd', rng)), options),
  })
}

/**
 * @param a `[n, dim]`
 * @param b `[m, dim]`
 * @returns the squared discrepancy, a scalar without unit, about 0 or negative for samples of one distribution
 * @throws WinnowError unless both are matrices of one width with two rows or more
 */
export function maximumMeanDiscrepancy(
  a: Tensor,
  b: Tensor,
  options: MmdOptions = { kernel: 'imq' },
): Tensor {
  const [n, dimension] = a.shape as [number, number]
  const [m] = b.shape as [number]
  check(
    a.rank === 2 && b.rank === 2 && b.shape[1] === dimension && n > 1 && m > 1,
    () =>
      `maximumMeanDiscrepancy: shapes [${a.shape}] and [${b.shape}] came, expected [n, dim] and [m, dim] with n, m > 1`,
  )
  const within = [squaredDistances(a, a), squaredDistances(b, b)] as const
  const across = squaredDistances(a, b)
  const kernels = kernelsOf(options, { dimension, within: within[0], across })
  const statistics = kernels.map((kernel) =>
    sub(
      add(offDiagonalMean(kernel(within[0]), n), offDiagonalMean(kernel(within[1]), m)),
      mul(sum(kernel(across)), 2 / (n * m)),
    ),
  )
  return addN(statistics)
}

/** From squared distances to values in (0, 1]. */
type Kernel = (distances: Tensor) => Tensor

function kernelsOf(
  options: MmdOptions,
  data: { dimension: number; within: Tensor; across: Tensor },
): Kernel[] {
  if (options.kernel === 'imq') {
    const { scales = [0.1, 0.2, 0.5, 1, 2, 5, 10], variance = 1 } = options
    return scales.map((scale) => {
      const constant = 2 * data.dimension * variance * scale
      return (distances) => div(constant, add(distances, constant))
    })
  }
  const { bandwidth } = options
  if (bandwidth !== undefined) {
    return [(distances) => exp(mul(distances, -0.5 / bandwidth ** 2))]
  }
  const squaredBandwidth = withoutGradient(() => add(median(data.across), median(data.within)))
  return [(distances) => exp(mul(div(distances, squaredBandwidth), -0.5))]
}

/** `[n, dim]` and `[m, dim]` -> `[n, m]`. */
function squaredDistances(a: Tensor, b: Tensor): Tensor {
  const norms = add(sum(square(a), 1, true), reshape(sum(square(b), 1), [1, -1]))
  // Rounding can take a distance of zero below it.
  return relu(sub(norms, mul(matMul(a, b, false, true), 2)))
}

/** The mean of a kernel matrix without its diagonal, which is 1. */
function offDiagonalMean(values: Tensor, size: number): Tensor {
  return div(sub(sum(values), size), size * (size - 1))
}

/** The upper median of all values: a scalar. */
function median(values: Tensor): Tensor {
  const count = Math.ceil(values.size / 2)
  const largest = topk(reshape(values, [-1]), count).values
  return reshape(slice(largest, count - 1, 1), [])
}
