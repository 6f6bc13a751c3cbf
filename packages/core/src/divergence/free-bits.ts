/**
 * Free bits (Kingma et al., 2016): no pressure on a group of latent dimensions whose KL is below a floor.
 *
 *     sum_groups max(lambda, mean_batch KL_group)
 *
 * The floor holds for the mean over the batch, not for each example: examples may differ in what they use.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, relu, reshape, sub, sum } from '@tensorflow/tfjs-core'
import { check, WinnowError } from '../error.ts'
import type { Divergence } from './divergence.ts'

/** Options of {@link freeBits}. */
export interface FreeBitsOptions {
  /** The floor of each group, in nats (in spite of the method's name). */
  readonly nats: number
  /** Number of groups of neighbouring dimensions; each dimension is its own group by default. */
  readonly groups?: number
}

/**
 * Wraps a divergence that splits by dimension: `freeBits(kl(), { nats: 0.1 })`. The value is a scalar, no less than
 * the floors together; `perDimension` stays as it was.
 *
 * @throws WinnowError when the divergence gives no `perDimension`
 */
export function freeBits(divergence: Divergence, options: FreeBitsOptions): Divergence {
  return (posterior, prior, z, rng) => {
    const { perDimension } = divergence(posterior, prior, z, rng)
    if (perDimension === undefined) {
      throw new WinnowError(
        'freeBits: the divergence gives no perDimension; free bits need one that splits by dimension, such as kl() ' +
          'with a prior that has a closed form',
      )
    }
    return { value: applyFreeBits(perDimension, options), perDimension }
  }
}

/**
 * @param perDimension `[dim]` nats, averaged over the batch
 * @returns a scalar, nats
 * @throws WinnowError when the floor is negative or the dimensions do not divide into the groups
 */
export function applyFreeBits(perDimension: Tensor, options: FreeBitsOptions): Tensor {
  const dimension = perDimension.size
  const { nats, groups = dimension } = options
  check(nats >= 0, () => `freeBits: nats ${nats} came, expected a number >= 0`)
  check(
    Number.isInteger(groups) && groups > 0 && dimension % groups === 0,
    () => `freeBits: groups ${groups} came, expected a divisor of the ${dimension} dimensions`,
  )
  const perGroup = sum(reshape(perDimension, [groups, -1]), 1)
  return sum(add(relu(sub(perGroup, nats)), nats))
}
