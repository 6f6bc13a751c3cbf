/** Gradients of tfjs's fused normalisations. */
import type { FusedBatchNormAttrs, LRNAttrs, Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'
import { reducedCopy, reduceTo } from './helpers.ts'

/** Gradients of FusedBatchNorm (`tf.batchNorm`) and LRN (`tf.localResponseNormalization`). */
export const normalization: readonly KernelGradient[] = [
  // y = (x - mean) / √(variance + ε) · scale + offset
  defineGradient('FusedBatchNorm', {
    save: ['x', 'mean', 'variance', 'scale'],
    backward: (dy, saved, { attributes, shape }) => {
      const { x, mean, variance } = saved
      const scale: Tensor | undefined = saved.scale
      const inverse = (): Tensor =>
        tf.rsqrt(tf.add(variance, (attributes as unknown as FusedBatchNormAttrs).varianceEpsilon))
      const scaled = (factor: Tensor): Tensor =>
        scale === undefined ? factor : tf.mul(factor, scale)
      return {
        x: () => reduceTo(tf.mul(dy, scaled(inverse())), x.shape),
        mean: () =>
          tf.neg(tf.mul(reduceTo(dy, mean.shape), reduceTo(scaled(inverse()), mean.shape))),
        variance: () => {
          const factor = tf.mul(scaled(inverse()), tf.mul(tf.square(inverse()), -0.5))
          return reduceTo(tf.mul(tf.mul(dy, tf.sub(x, mean)), factor), variance.shape)
        },
        scale: () => reduceTo(tf.mul(dy, tf.mul(tf.sub(x, mean), inverse())), shape('scale')),
        offset: () => reducedCopy(dy, shape('offset')),
      }
    },
  }),
  // y = x N^-β with N = bias + α Σ x² over the neighbouring channels
  defineGradient('LRN', {
    save: ['x'],
    backward: (dy, { x }, { attributes }) => ({
      x: () => {
        const { depthRadius, bias, alpha, beta } = attributes as unknown as LRNAttrs
        const channels = x.shape[3] as number
        const near = tf.tensor2d(neighbours(channels, depthRadius), [channels, channels])
        const overNeighbours = (t: Tensor): Tensor =>
          tf.reshape(tf.matMul(tf.reshape(t, [-1, channels]), near), x.shape)
        const norm = tf.add(tf.mul(overNeighbours(tf.square(x)), alpha), bias)
        const inner = overNeighbours(tf.mul(tf.mul(dy, x), tf.pow(norm, -beta - 1)))
        return tf.sub(tf.mul(dy, tf.pow(norm, -beta)), tf.mul(tf.mul(x, inner), 2 * alpha * beta))
      },
    }),
  }),
]

function neighbours(channels: number, radius: number): Float32Array {
  return Float32Array.from({ length: channels * channels }, (_, i) =>
    Math.abs(Math.floor(i / channels) - (i % channels)) <= radius ? 1 : 0,
  )
}
