/**
 * Active units (Burda et al., 2015): latent dimensions that the encoder uses, `Var_x E[z | x] > threshold`.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { cast, greater, mean, square, sub, sum } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'

/** Options of {@link activeUnits}. */
export interface ActiveUnitsOptions {
  /** 0.01 by default, as in the paper; for a prior of variance 1. */
  readonly threshold?: number
}

/** The result of {@link activeUnits}. */
export interface ActiveUnits {
  /** A float32 scalar: how many dimensions are active. */
  readonly count: Tensor
  /** `[dim]`, 1 where active and 0 elsewhere. */
  readonly active: Tensor
  /** `[dim]`: the variance over examples of the posterior's mean. */
  readonly variance: Tensor
}

/**
 * @param means the posterior's means of many examples, `[examples, dim]`; some hundreds at least
 * @throws WinnowError unless there are two examples or more
 */
export function activeUnits(means: Tensor, options: ActiveUnitsOptions = {}): ActiveUnits {
  const { threshold = 0.01 } = options
  check(
    means.rank === 2 && (means.shape[0] as number) > 1,
    () =>
      `activeUnits: means of shape [${means.shape}] came, expected [examples, dim] with 2 examples or more`,
  )
  const variance = mean(square(sub(means, mean(means, 0, true))), 0)
  const active = cast(greater(variance, threshold), 'float32')
  return { count: sum(active), active, variance }
}
