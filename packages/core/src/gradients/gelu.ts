/**
 * The Gaussian error linear unit (Hendrycks and Gimpel, 2016) with a gradient that keeps nothing but its input.
 *
 * y = x Phi(x), dy/dx = Phi(x) + x phi(x), where Phi(x) = (1 + erf(x / sqrt 2)) / 2 and phi is its derivative.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from './helpers.ts'
import { needsHigherOrder } from './higher-order.ts'
import { ownGradient } from './own-gradient.ts'

/**
 * Gaussian error linear unit, x Phi(x), exact (by erf). Any shape to the same shape, float32.
 *
 * @throws WinnowError from a second derivative that reaches it from outside a `higherOrder` scope.
 */
export function gelu(x: Tensor): Tensor {
  if (needsHigherOrder()) return tf.tidy(() => composed(x))
  return ownGradient('gelu', [x], {
    forward: (save) => {
      save(x)
      // A kernel of our own; no tfjs backend has one.
      return hasKernel('Gelu') ? runKernel('Gelu', { x }) : composed(x)
    },
    backward: (dy, [saved]) => [
      hasKernel('GeluGrad')
        ? runKernel('GeluGrad', { dy, x: saved as Tensor })
        : tf.mul(dy, slope(saved as Tensor)),
    ],
  })
}

function composed(x: Tensor): Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))
}

/** With a = x / sqrt 2: (1 + erf a) / 2 + a exp(-a²) / sqrt pi. */
function slope(x: Tensor): Tensor {
  const a = tf.mul(x, Math.SQRT1_2)
  const density = tf.mul(tf.mul(a, 1 / Math.sqrt(Math.PI)), tf.exp(tf.neg(tf.square(a))))
  return tf.add(tf.mul(tf.add(tf.erf(a), 1), 0.5), density)
}
