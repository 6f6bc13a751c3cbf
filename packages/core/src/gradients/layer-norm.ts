/**
 * Normalisation over the last axis with a gradient in few passes (Ba, Kiros and Hinton, 2016; Zhang and Sennrich, 2019).
 *
 * y = c r w + b with c = x - mean(x) (or x itself) and r = 1 / sqrt(mean(c²) + epsilon). With D = dy r and P = D c,
 * both of the shape of x, and n features:
 *
 *   dx = D w - c r² (P · w) / n - (D · w) / n,   dw = Σ P,   db = Σ dy
 *
 * (the last term of dx only where the mean was subtracted).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { copy, hasKernel, reducedCopy, reduceTo, runKernel } from './helpers.ts'
import { needsHigherOrder } from './higher-order.ts'
import { ownGradient } from './own-gradient.ts'
import { withoutGradient } from './stop-gradient.ts'

/** Options of {@link layerNorm}. */
export interface LayerNormOptions {
  /** Multiplied with the result, `[features]`; ones by default. */
  readonly weight?: Tensor | undefined
  /** Added at the end, `[features]`; zeros by default. */
  readonly bias?: Tensor | undefined
  /** Added to the variance, above 0. */
  readonly epsilon: number
  /** Whether to subtract the mean first; true by default, false for root mean square normalisation. */
  readonly centre?: boolean
}

interface Normalised {
  readonly centred: Tensor
  /** 1 / deviation, `[..., 1]`. */
  readonly inverse: Tensor
  readonly y: Tensor
}

/**
 * (x - mean) / sqrt(variance + epsilon) * weight + bias, the moments being those of the last axis.
 *
 * @param x `[..., features]`, float32.
 * @returns the same shape.
 * @throws WinnowError from a second derivative that reaches it from outside a `higherOrder` scope.
 */
export function layerNorm(x: Tensor, options: LayerNormOptions): Tensor {
  if (needsHigherOrder()) return tf.tidy(() => normalised(x, options).y)
  return tf.tidy(() => {
    const forward = withoutGradient(() => inOnePass(x, options) ?? normalised(x, options))
    return withGradient(x, options, forward)
  })
}

function withGradient(x: Tensor, options: LayerNormOptions, forward: Normalised): Tensor {
  const { weight, bias, centre = true } = options
  const inputs = [x, weight, bias].filter((input) => input !== undefined)
  return ownGradient('layerNorm', inputs, {
    forward: (save) => {
      if (weight === undefined) save(forward.centred, forward.inverse)
      else save(forward.centred, forward.inverse, weight)
      return copy(forward.y)
    },
    backward: (dy, saved) => {
      const [centred, inverse] = saved as [Tensor, Tensor]
      const scale = weight === undefined ? undefined : saved[2]
      const scaled = tf.mul(dy, inverse)
      const product = tf.mul(scaled, centred)
      const share = (t: Tensor): Tensor => tf.mul(weightedSum(t, scale), 1 / lastOf(x))
      const slope = tf.mul(share(product), tf.square(inverse))
      const weighted = scale === undefined ? scaled : tf.mul(scaled, scale)
      const dx = tf.sub(weighted, tf.mul(centred, slope))
      return [
        centre ? tf.sub(dx, share(scaled)) : dx,
        ...(weight === undefined ? [] : [reduceTo(product, weight.shape)]),
        ...(bias === undefined ? [] : [reducedCopy(dy, bias.shape)]),
      ]
    },
  })
}

/** By a kernel of our own, where the backend has it. */
function inOnePass(
  x: Tensor,
  { weight, bias, epsilon, centre = true }: LayerNormOptions,
): Normalised | undefined {
  if (!centre || !hasKernel('LayerNorm')) return undefined
  const inputs = { x, ...(weight && { weight }), ...(bias && { bias }) }
  const results = runKernel('LayerNorm', inputs, { epsilon }) as unknown as Tensor[]
  const [y, centred, inverse] = results as [Tensor, Tensor, Tensor]
  return { centred, inverse, y }
}

/** In two passes: one pass (E[x²] - E[x]²) loses all digits where the mean is large. */
function normalised(
  x: Tensor,
  { weight, bias, epsilon, centre = true }: LayerNormOptions,
): Normalised {
  const centred: Tensor = centre ? tf.sub(x, tf.mean(x, -1, true)) : x
  const inverse: Tensor = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon))
  const scaled: Tensor = tf.mul(centred, inverse)
  const weighted = weight === undefined ? scaled : tf.mul(scaled, weight)
  return { centred, inverse, y: bias === undefined ? weighted : tf.add(weighted, bias) }
}

/** Σ t w over the last axis, kept with size 1: a product with the weights as a column. */
function weightedSum(t: Tensor, weight: Tensor | undefined): Tensor {
  if (weight === undefined) return tf.sum(t, -1, true)
  const features = lastOf(t)
  const rows = tf.reshape(t, [t.size / features, features])
  return tf.reshape(tf.matMul(rows, tf.reshape(weight, [features, 1])), [
    ...t.shape.slice(0, -1),
    1,
  ])
}

function lastOf(t: Tensor): number {
  return t.shape[t.rank - 1] as number
}
