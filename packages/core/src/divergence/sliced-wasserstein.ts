/**
 * Sliced Wasserstein distance (Rabin et al., 2011) between codes and draws of the prior, as in the sliced-Wasserstein
 * autoencoder (Kolouri et al., 2018).
 *
 *     SW = 1 / (L n) sum_l sum_i (sort_i <t_l, a> - sort_i <t_l, b>)^2,   t_l uniform on the unit sphere
 *
 * One-dimensional optimal transport is sorting. The ranking is constant almost everywhere, so the gradient flows
 * through the sorted values.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, div, matMul, mean, sqrt, square, sub, sum, topk } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import type { Rng } from '../rng.ts'
import { type Divergence, requireRng } from './divergence.ts'

/** Options of {@link slicedWasserstein}. */
export interface SlicedWassersteinOptions {
  /** Number of directions, fresh at every call; 50 by default. More dimensions need more. */
  readonly slices?: number
}

/** The divergence of codes and as many fresh draws of the prior: a scalar, in squared units of the code. */
export function slicedWasserstein(options: SlicedWassersteinOptions = {}): Divergence {
  return (_, prior, z, rng) => {
    const generator = requireRng('slicedWasserstein', rng)
    const draws = prior.sample(z.shape, generator)
    return { value: slicedWassersteinDistance(z, draws, { ...options, rng: generator }) }
  }
}

/**
 * @param a `[n, dim]`
 * @param b `[n, dim]`
 * @returns the squared distance, averaged over directions and ranks: a scalar; `|shift|^2 / dim` for two copies
 * @throws WinnowError unless both are matrices of one shape
 */
export function slicedWassersteinDistance(
  a: Tensor,
  b: Tensor,
  options: SlicedWassersteinOptions & { readonly rng: Rng },
): Tensor {
  const { slices = 50, rng } = options
  check(
    a.rank === 2 && a.shape.join() === b.shape.join(),
    () =>
      `slicedWassersteinDistance: shapes [${a.shape}] and [${b.shape}] came, expected [n, dim] twice`,
  )
  const directions = sphereDirections(slices, a.shape[1] as number, rng)
  return mean(square(sub(sortedProjections(a, directions), sortedProjections(b, directions))))
}

/** Directions uniform on the unit sphere, `[count, dim]`. */
export function sphereDirections(count: number, dimension: number, rng: Rng): Tensor {
  const normal = rng.normal([count, dimension])
  return div(normal, sqrt(add(sum(square(normal), 1, true), 1e-20)))
}

/** `[n, dim]` -> `[slices, n]`, each row in descending order. */
function sortedProjections(points: Tensor, directions: Tensor): Tensor {
  const projections = matMul(directions, points, false, true)
  return topk(projections, points.shape[0] as number, true).values
}
