/** Gradients of activation functions. */
import type { LeakyReluAttrs, Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'
import { stopGradient } from './stop-gradient.ts'
import { fromInput, fromOutput } from './unary.ts'

// Klambauer et al. 2017, the constants of tfjs's Selu kernel.
const seluScale = 1.0507009873554805
const seluScaleAlpha = 1.7580993408473768

/** Gradients of Relu, Relu6, LeakyRelu, Elu, Selu, Sigmoid, Tanh, Softplus, Softmax. No backend runs a kernel of the name LogSoftmax. */
export const activation: readonly KernelGradient[] = [
  // The output tells the branch, and the branch has no derivative: the output may be saved at every order.
  defineGradient('Relu', {
    output: 0,
    backward: (dy, { output }) => ({ x: () => tf.mul(dy, tf.step(output)) }),
  }),
  defineGradient('Relu6', {
    output: 0,
    backward: (dy, { output }) => ({
      x: () => tf.mul(dy, tf.mul(tf.step(output), tf.step(tf.sub(6, output)))),
    }),
  }),
  fromInput('LeakyRelu', (dy, x, attributes) => {
    const { alpha } = attributes as unknown as LeakyReluAttrs
    return tf.mul(dy, tf.step(x, alpha))
  }),
  // y + 1 = exp x below zero, 1 above.
  fromOutput('Elu', (dy, y) => tf.mul(dy, tf.add(tf.minimum(y, 0), 1)), tf.elu),
  fromOutput(
    'Selu',
    (dy, y) => {
      const below = tf.add(tf.minimum(y, 0), seluScaleAlpha)
      return tf.mul(dy, tf.add(below, tf.mul(tf.step(y), seluScale - seluScaleAlpha)))
    },
    tf.selu,
  ),
  fromOutput('Sigmoid', (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y))), tf.sigmoid),
  fromOutput('Tanh', (dy, y) => tf.mul(dy, tf.sub(1, tf.square(y))), tf.tanh),
  fromInput('Softplus', (dy, x) => tf.mul(dy, tf.sigmoid(x))),
  fromOutput('Softmax', softmaxDerivative, (x) => tf.softmax(x), 'logits'),
]

function softmaxDerivative(dy: Tensor, y: Tensor): Tensor {
  const weighted = tf.mul(dy, y)
  return tf.sub(weighted, tf.mul(y, tf.sum(weighted, -1, true)))
}

/**
 * The logarithm of the softmax over the last axis, differentiable any number of times (tfjs's own is silently wrong at
 * second order): x - max - log Σ exp(x - max).
 *
 * @param logits `[..., classes]`.
 * @returns nats, `[..., classes]`.
 */
export function logSoftmax(logits: Tensor): Tensor {
  return tf.tidy(() => {
    const shifted = tf.sub(logits, stopGradient(tf.max(logits, -1, true)))
    return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)))
  })
}
