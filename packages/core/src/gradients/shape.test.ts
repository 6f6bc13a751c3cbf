import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { gradient } from './gradient.ts'
import { runKernel } from './helpers.ts'

type Unary = (x: Tensor) => Tensor

const moves: Record<string, [Unary, number[]]> = {
  reshape: [(x) => tf.reshape(x, [3, -1]), [2, 3, 2]],
  expandDims: [(x) => tf.expandDims(x, 1), [2, 3]],
  squeeze: [(x) => tf.squeeze(x), [2, 1, 3]],
  transpose: [(x) => tf.transpose(x, [2, 0, 1]), [2, 3, 4]],
  'transpose, default': [(x) => tf.transpose(x), [2, 3]],
  reverse: [(x) => tf.reverse(x, -1), [2, 3]],
  'reverse, all': [(x) => tf.reverse(x), [2, 3]],
  flipLeftRight: [(x) => tf.image.flipLeftRight(x as tf.Tensor4D), [1, 2, 3, 2]],
  slice: [(x) => tf.slice(x, [1, 0, 2], [2, -1, 1]), [3, 2, 4]],
  'slice by the first axis': [(x) => tf.slice(x, 1), [3, 2]],
  'slice to nothing': [(x) => tf.concat([tf.slice(x, [0, 1], [2, 0]), x], 1), [2, 2]],
  'stridedSlice by 2': [(x) => tf.stridedSlice(x, [0, 1], [5, 6], [2, 3]), [5, 6]],
  'stridedSlice backwards': [(x) => tf.stridedSlice(x, [4, 5], [0, -7], [-2, -1]), [5, 6]],
  'stridedSlice, masks': [
    (x) => tf.stridedSlice(x, [1, 0, 1], [2, 0, 4], [1, 1, 1], 0, 0, 2, 0, 1),
    [3, 2, 4],
  ],
  'stridedSlice, new axis': [(x) => tf.stridedSlice(x, [0, 1], [0, 3], [1, 1], 0, 0, 0, 1), [4, 2]],
  'stridedSlice of everything': [(x) => tf.stridedSlice(x, [0, 0], [2, 3], [1, 1]), [2, 3]],
  pad: [
    (x) =>
      tf.pad(
        x,
        [
          [1, 0],
          [0, 2],
        ],
        3,
      ),
    [2, 3],
  ],
  'mirrorPad, reflect': [
    (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 2],
          [2, 1],
        ],
        'reflect',
      ),
    [3, 3],
  ],
  'mirrorPad, symmetric': [
    (x) =>
      tf.mirrorPad(
        x,
        [
          [3, 1],
          [0, 2],
        ],
        'symmetric',
      ),
    [3, 3],
  ],
  'mirrorPad by nothing': [
    (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [0, 0],
        ],
        'reflect',
      ),
    [3, 3],
  ],
  tile: [(x) => tf.tile(x, [2, 1, 3]), [2, 3, 2]],
  'tile of a broadcast': [(x) => tf.tile(x, [4, 2]), [1, 3]],
  'tile once': [(x) => tf.tile(x, [1, 1]), [2, 3]],
  broadcastTo: [(x) => tf.broadcastTo(x, [4, 2, 3]), [2, 1]],
  diag: [(x) => tf.diag(x), [3]],
  depthToSpace: [(x) => tf.depthToSpace(x as tf.Tensor4D, 2), [1, 2, 1, 8]],
  spaceToBatchND: [
    (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [1, 1],
          [0, 0],
        ],
      ),
    [1, 2, 4, 2],
  ],
  batchToSpaceND: [
    (x) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [0, 1],
          [0, 0],
        ],
      ),
    [4, 2, 1, 2],
  ],
}

test.each(Object.entries(moves))('%s, to second order', (_, [move, shape]) => {
  checkGradient((x) => tf.square(move(x)), [seededTensor(shape)], { order: 2 })
})

test('concat of different extents, stack, unstack, split', () => {
  const a = seededTensor([2, 1])
  const b = seededTensor([2, 3], { seed: 2 })
  checkGradient((a, b) => tf.square(tf.concat([a, b, a], -1)), [a, b], { order: 2 })
  checkGradient((b) => tf.square(tf.stack([b, tf.mul(b, 2)], 1)), [b], { order: 2 })
  checkGradient((b) => tf.mul(tf.unstack(b, 1)[0] as Tensor, tf.unstack(b, 1)[2] as Tensor), [b], {
    order: 2,
  })
  checkGradient((b) => tf.square(tf.unstack(b, 0)[1] as Tensor), [b], { order: 2 })
  checkGradient((a) => tf.square(tf.unstack(a, 1)[0] as Tensor), [a], { order: 2 })
  checkGradient((b) => tf.square(tf.split(b, [1, 2], 1)[1] as Tensor), [b], { order: 2 })
  checkGradient((b) => tf.square(tf.split(b, 2, 0)[0] as Tensor), [b], { order: 2 })
})

test('the BroadcastTo kernel, for backends that have one', () => {
  tf.registerKernel({
    kernelName: 'BroadcastTo',
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs }) =>
      tf.broadcastTo(inputs['x'] as Tensor, attrs?.['shape'] as number[]),
  })
  try {
    checkGradient(
      (x) => tf.square(runKernel('BroadcastTo', { x }, { shape: [2, 3] })),
      [seededTensor([2, 1])],
    )
  } finally {
    tf.unregisterKernel('BroadcastTo', 'cpu')
  }
})

test('moves keep none of their inputs alive until the backward pass', () => {
  const x = seededTensor([4, 4])
  let kept = -1
  gradient(() => {
    const before = tf.memory().numTensors
    const y = tf.tidy(() =>
      tf.sum(tf.reshape(tf.transpose(tf.add(tf.slice(x, [0, 0], [2, 4]), 1)), [8])),
    )
    kept = tf.memory().numTensors - before
    return y
  }, [x])
  expect(kept).toBe(1)
})
