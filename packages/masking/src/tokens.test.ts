import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng, registerGradients } from '@winnow/core'
import { checkGradient, seededTensor } from '@winnow/core/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { maskFromHidden } from './mask.ts'
import { randomMask } from './random.ts'
import { hiddenTokens, keepTokens, restoreTokens } from './tokens.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  registerGradients()
})

const rows = [
  [0, 1, 0, 1, 0, 0],
  [1, 0, 0, 0, 0, 1],
]

describe('keepTokens and restoreTokens', () => {
  const x = tf.tensor([0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15], [2, 6, 1])

  test('keep what is not hidden, in its own order', () => {
    const mask = maskFromHidden(rows)
    const kept = keepTokens(x, mask)
    expect(kept.shape).toEqual([2, 4, 1])
    expect([...kept.dataSync()]).toEqual([0, 2, 4, 5, 11, 12, 13, 14])
  })

  test('give the hidden ones too, with a gradient in their places alone', () => {
    const mask = maskFromHidden(rows)
    expect([...hiddenTokens(x, mask).dataSync()]).toEqual([1, 3, 10, 15])
    const gradient = tf.grad((x) =>
      tf.sum(
        tf.mul(hiddenTokens(x, mask), [
          [[2], [3]],
          [[4], [5]],
        ]),
      ),
    )
    expect([...gradient(x).dataSync()]).toEqual([0, 2, 0, 3, 0, 0, 4, 0, 0, 0, 0, 5])
    const none = maskFromHidden([[0, 0, 0, 0, 0, 0]])
    expect(hiddenTokens(tf.zeros([1, 6, 2]), none).shape).toEqual([1, 0, 2])
  })

  test('put one token in the place of all hidden ones, or one each', () => {
    const mask = maskFromHidden(rows)
    const kept = keepTokens(x, mask)
    const filled = restoreTokens(kept, tf.tensor([-1]), mask)
    expect([...filled.dataSync()]).toEqual([0, -1, 2, -1, 4, 5, -1, 11, 12, 13, 14, -1])
    const each = restoreTokens(kept, tf.tensor([-1, -2, -3, -4], [2, 2, 1]), mask)
    expect([...each.dataSync()]).toEqual([0, -1, 2, -2, 4, 5, -3, 11, 12, 13, 14, -4])
  })

  test.each([0, 0.3, 0.75, 0.97])('are inverse for random masks of ratio %d', (ratio) => {
    const mask = randomMask({ ratio }).draw([7, 7], 5, new Rng(1))
    const tokens = seededTensor([5, 49, 3])
    const hidden = tf.gather(tokens, tf.slice(mask.order, [0, mask.kept], [5, mask.hidden]), 1, 1)
    const again = restoreTokens(keepTokens(tokens, mask), hidden, mask)
    expect(again.dataSync()).toEqual(tokens.dataSync())
  })

  test('take ids, and tokens of several axes', () => {
    const mask = maskFromHidden(rows)
    const ids = tf.tensor([...Array(12).keys()], [2, 6], 'int32')
    const kept = keepTokens(ids, mask)
    expect(kept.dtype).toBe('int32')
    expect([...kept.dataSync()]).toEqual([0, 2, 4, 5, 7, 8, 9, 10])
    expect([...restoreTokens(kept, tf.scalar(-1, 'int32'), mask).dataSync()].slice(6)).toEqual([
      -1, 7, 8, 9, 10, -1,
    ])
    expect(keepTokens(tf.zeros([2, 6, 3, 2]), mask).shape).toEqual([2, 4, 3, 2])
  })

  test('have gradients that agree with finite differences, to second order', () => {
    const mask = maskFromHidden(rows)
    const squared = (tensor: tf.Tensor): tf.Tensor => tf.mul(tensor, tf.square(tensor))
    const options = { order: 2 } as const
    checkGradient((a) => squared(keepTokens(squared(a), mask)), [seededTensor([2, 6, 2])], options)
    const kept = seededTensor([2, 4, 2])
    for (const fill of [seededTensor([2], { seed: 2 }), seededTensor([2, 2, 2], { seed: 3 })]) {
      checkGradient((a, b) => squared(restoreTokens(squared(a), b, mask)), [kept, fill], options)
    }
    const nothing = maskFromHidden([[0, 0, 0]])
    checkGradient((a) => squared(keepTokens(a, nothing)), [seededTensor([1, 3, 2])], options)
    checkGradient(
      (a) => squared(restoreTokens(a, tf.zeros([2]), nothing)),
      [seededTensor([1, 3, 2])],
      options,
    )
  })

  test('give hidden tokens no gradient at all', () => {
    const mask = maskFromHidden(rows)
    const slope = tf.grad((a) => tf.sum(keepTokens(a, mask)))(x)
    expect([...slope.dataSync()]).toEqual(rows.flat().map((flag) => 1 - flag))
  })

  test('have a gradient also when the mask is drawn in a tidy that has ended, and leave nothing', () => {
    const x = seededTensor([3, 8, 2])
    const before = tf.memory().numTensors
    tf.tidy(() => {
      const { value, grad } = tf.valueAndGrad((a) =>
        tf.tidy(() => {
          const mask = randomMask({ ratio: 0.5 }).draw([8], 3, new Rng(2))
          return tf.sum(restoreTokens(keepTokens(a, mask), tf.ones([2]), mask))
        }),
      )(x)
      expect(value.shape).toEqual([])
      expect(tf.sum(grad).dataSync()[0]).toBe(3 * 4 * 2)
    })
    expect(tf.memory().numTensors).toBe(before)
  })

  test('say what shape they expected', () => {
    const mask = maskFromHidden(rows)
    expect(() => keepTokens(tf.zeros([2, 5, 1]), mask)).toThrow(
      'keepTokens: x: a tensor of shape [2,5,1] came, expected [2, 6, ...] for the mask',
    )
    expect(() => keepTokens(tf.zeros([6]), mask)).toThrow('expected [2, 6, ...]')
    expect(() => restoreTokens(tf.zeros([2, 3, 1]), tf.zeros([1]), mask)).toThrow(
      'restoreTokens: kept: a tensor of shape [2,3,1] came, expected [2, 4, ...]',
    )
    expect(() => restoreTokens(tf.zeros([2, 4, 1]), tf.zeros([2]), mask)).toThrow(
      'restoreTokens: fill: a tensor of shape [2] came, expected [1] or [2,2,1]',
    )
  })
})
