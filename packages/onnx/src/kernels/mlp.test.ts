import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it } from 'vitest'
import { compare, floats } from '../testing/compare.ts'

afterEach(() => tf.disposeVariables())

describe('the vertical slice', () => {
  it('multiplies, adds and reduces', async () => {
    await compare(
      'mlp',
      (x, w, b) =>
        tf.mean(tf.relu(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b as tf.Tensor)), 1),
      [floats([7, 5]), floats([5, 3]), floats([3])],
    )
    expect(tf.memory().numTensors).toBe(0)
  })
})
