/**
 * What a masked autoencoder predicts of a patch (He et al. 2021): its pixels, or its pixels normalised by its own mean and
 * deviation,
 *
 *     target = (patch - mean) / sqrt(variance + 1e-6),   the variance being unbiased (over n - 1),
 *
 * and the error: the mean square over a patch's values, averaged over the patches that count.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  div,
  mean,
  mul,
  rsqrt,
  sqrt,
  square,
  squaredDifference,
  sub,
  sum,
} from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'

/** What is predicted: pixels as they are, or normalised in each patch. */
export type PatchTarget = 'pixels' | 'normalisedPixels'

const EPSILON = 1e-6

/** Patches `[..., values]` as targets of the same shape. */
export function patchTargets(patches: Tensor, target: PatchTarget): Tensor {
  if (target === 'pixels') return patches
  const { centred, variance } = patchMoments(patches)
  return mul(centred, rsqrt(add(variance, EPSILON)))
}

/**
 * Predictions `[..., values]` as pixels: normalised ones get back the mean and deviation of the patches themselves, which
 * the model has not predicted.
 */
export function targetsToPixels(predicted: Tensor, patches: Tensor, target: PatchTarget): Tensor {
  if (target === 'pixels') return predicted
  const { average, variance } = patchMoments(patches)
  return add(mul(predicted, sqrt(add(variance, EPSILON))), average)
}

/** The mean square error of each patch: `[..., values]` twice to `[...]`. */
export function patchError(predicted: Tensor, targets: Tensor): Tensor {
  check(
    predicted.shape.join() === targets.shape.join(),
    () => `patchError: predictions of [${predicted.shape}] came for targets of [${targets.shape}]`,
  )
  return mean(squaredDifference(predicted, targets), -1)
}

/** The mean of `errors` `[batch, patches]` over the patches where `weight` is 1; both have one shape. */
export function meanWhere(errors: Tensor, weight: Tensor): Tensor {
  return div(sum(mul(errors, weight)), sum(weight))
}

function patchMoments(patches: Tensor): { average: Tensor; centred: Tensor; variance: Tensor } {
  const values = patches.shape.at(-1) as number
  const average: Tensor = mean(patches, -1, true)
  const centred: Tensor = sub(patches, average)
  // One value has no variance: it is its own mean, and 0 / 0 would be no number.
  const count = Math.max(1, values - 1)
  return { average, centred, variance: div(sum(square(centred), -1, true), count) }
}
