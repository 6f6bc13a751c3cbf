/** Gradient of choosing between two tensors. */
import * as tf from '@tensorflow/tfjs-core'
import type { KernelGradient } from './definition.ts'
import { defineGradient } from './definition.ts'
import { runKernel, zeros } from './helpers.ts'

/** Gradient of Select (`tf.where`): each side gets the gradient where it was chosen. */
export const selection: readonly KernelGradient[] = [
  defineGradient('Select', {
    save: ['condition'],
    backward: (dy, { condition }) => ({
      condition: () => zeros(condition.shape),
      t: () => runKernel('Select', { condition, t: dy, e: tf.zerosLike(dy) }),
      e: () => runKernel('Select', { condition, t: tf.zerosLike(dy), e: dy }),
    }),
  }),
]
