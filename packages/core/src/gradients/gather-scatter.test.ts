import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { gradient } from './gradient.ts'

test.each<[string, number[], number[], number[], number, number]>([
  ['rows, with repeats', [4, 3], [3, 1, 3, 0], [4], 0, 0],
  ['rows by a matrix of indices', [4, 3], [3, 1, 3, 0], [2, 2], 0, 0],
  ['the last axis', [2, 4], [3, 3, 0], [3], 1, 0],
  ['the middle axis', [2, 3, 2], [2, 0, 2, 2], [2, 2], 1, 0],
  ['one batch axis', [2, 4, 3], [3, 1, 1, 0, 0, 2], [2, 3], 1, 1],
  ['one batch axis, a later axis', [2, 2, 3], [2, 1, 1, 0], [2, 2], 2, 1],
  ['two batch axes', [2, 2, 3], [2, 1, 1, 0, 2, 2, 0, 0], [2, 2, 2], 2, 2],
  ['negative axis', [2, 4], [3, 3, 0], [3], -1, 0],
])('gather, %s, to second order', (_, shape, places, indexShape, axis, batchDims) => {
  const indices = tf.tensor(places, indexShape, 'int32')
  checkGradient((x) => tf.square(tf.gather(x, indices, axis, batchDims)), [seededTensor(shape)], {
    order: 2,
  })
})

test('gather, gatherND, scatterND and tensorScatterUpdate take indices that come from the tape', () => {
  const codes = seededTensor([3, 2])
  const x = seededTensor([2, 2], { seed: 2 })
  // The distance decides which code, and has no gradient itself.
  const nearest = (x: Tensor, codes: Tensor): Tensor =>
    tf.argMin(tf.sum(tf.squaredDifference(tf.expandDims(x, 1), codes), 2), 1)
  checkGradient(
    (x, codes) => tf.mul(x, tf.gather(codes, nearest(x, codes) as tf.Tensor1D)),
    [x, codes],
    {
      order: 2,
      step: 0.005,
      tolerance: 1e-3,
    },
  )
  const indices = (x: Tensor): Tensor => tf.reshape(tf.argMax(x, 1), [2, 1])
  for (const fn of [
    (x: Tensor) => tf.gatherND(x, indices(x)),
    (x: Tensor) => tf.scatterND(indices(x) as Tensor, x, [2, 2]),
    (x: Tensor) => tf.unsortedSegmentSum(x, tf.argMax(x, 1) as tf.Tensor1D, 2),
  ]) {
    const [through] = gradient(() => tf.sum(fn(x)), [x]) as [Tensor]
    expect(through.shape).toEqual([2, 2])
    // tfjs's own walk over the tape must not fail at them either.
    expect(
      tf
        .grad((x) => tf.sum(fn(x)))(x)
        .dataSync(),
    ).toEqual(through.dataSync())
  }
})

test('gatherND, whole rows and single elements, with repeats', () => {
  const x = seededTensor([3, 2, 2])
  const rows = tf.tensor2d([[2], [0], [2]], [3, 1], 'int32')
  const elements = tf.tensor3d(
    [
      [
        [2, 1, 0],
        [0, 0, 1],
      ],
      [
        [2, 1, 0],
        [1, 1, 1],
      ],
    ],
    [2, 2, 3],
    'int32',
  )
  checkGradient((x) => tf.square(tf.gatherND(x, rows)), [x], { order: 2 })
  checkGradient((x) => tf.square(tf.gatherND(x, elements)), [x], { order: 2 })
})

test('scatterND, with repeats, and tensorScatterUpdate', () => {
  const indices = tf.tensor2d([[2], [0], [2]], [3, 1], 'int32')
  checkGradient((u) => tf.square(tf.scatterND(indices, u, [4, 2])), [seededTensor([3, 2])], {
    order: 2,
  })
  const distinct = tf.tensor2d([[2], [0]], [2, 1], 'int32')
  const inputs = [seededTensor([3, 2]), seededTensor([2, 2], { seed: 2 })]
  checkGradient(
    // The kernel of cpu overwrites its input: a copy each time.
    (t, u) => tf.square(tf.tensorScatterUpdate(tf.mul(t, 1), distinct, u)),
    inputs,
    { order: 2 },
  )
})

test('unsortedSegmentSum leaves out ids beyond the segments', () => {
  const ids = tf.tensor1d([1, 0, -1, 1], 'int32')
  checkGradient((x) => tf.square(tf.unsortedSegmentSum(x, ids, 3)), [seededTensor([4, 2])], {
    order: 2,
  })
})

test('sparseToDense', () => {
  const places = tf.tensor2d(
    [
      [0, 1],
      [2, 0],
    ],
    [2, 2],
    'int32',
  )
  const inputs = [seededTensor([2]), tf.scalar(0.3)]
  checkGradient((v, d) => tf.square(tf.sparseToDense(places, v, [3, 2], d as tf.Scalar)), inputs, {
    order: 2,
  })
})

test.each([
  [[5], 2],
  [[2, 3, 4], 3],
])('topK of %j, to second order', (shape, k) => {
  const x = seededTensor(shape)
  checkGradient((x) => tf.square(tf.topk(x, k).values), [x], {
    order: 2,
    step: 0.005,
    tolerance: 1e-3,
  })
})
