import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { gradient } from './gradient.ts'

const flags: [boolean, boolean][] = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
]

// Only what tfjs's own forward kernel gets right: [2, 1] times [2] it computes wrongly.
const batches: [number[], number[]][] = [
  [[], []],
  [[2], [2]],
  [[2], []],
  [[], [2]],
  [[2], [1]],
  [[1], [2]],
  [
    [2, 2],
    [1, 2],
  ],
  [
    [2, 2],
    [1, 1],
  ],
]

describe.each(flags)('matMul, transposeA %s, transposeB %s', (transposeA, transposeB) => {
  test.each(batches)('batch %j times batch %j, to second order', (batchA, batchB) => {
    const a = seededTensor([...batchA, ...(transposeA ? [3, 2] : [2, 3])])
    const b = seededTensor([...batchB, ...(transposeB ? [2, 3] : [3, 2])], { seed: 2 })
    const product = (a: Tensor, b: Tensor): Tensor => tf.matMul(a, b, transposeA, transposeB)
    checkGradient(product, [a, b], { step: 0.05 })
    // Differentiating the gradient runs through every branch's own product once more.
    const slope = (a: Tensor, b: Tensor): Tensor =>
      gradient(() => tf.sum(tf.square(product(a, b))), [a, b]).reduce<Tensor>(
        (total, t) => tf.add(total, tf.sum(tf.square(t))),
        tf.scalar(0),
      )
    checkGradient(slope, [tf.mul(a, 0.5), tf.mul(b, 0.5)], { step: 0.01, tolerance: 2e-3 })
  })
})

test('a linear layer on a batch of sequences takes one product for its weights, not one for each entry', () => {
  const x = seededTensor([4, 3, 2])
  const w = seededTensor([2, 5], { seed: 2 })
  const shapes: number[][] = []
  const original = tf.getKernel('BatchMatMul', 'cpu')
  tf.unregisterKernel('BatchMatMul', 'cpu')
  tf.registerKernel({
    ...original,
    kernelFunc: (call) => {
      shapes.push((call.inputs['a'] as Tensor).shape)
      return original.kernelFunc(call)
    },
  })
  try {
    gradient(() => tf.sum(tf.square(tf.matMul(x, w))), [w])
  } finally {
    tf.unregisterKernel('BatchMatMul', 'cpu')
    tf.registerKernel(original)
  }
  expect(shapes).toEqual([
    [4, 3, 2],
    [12, 2],
  ])
})

// Only forms that tfjs's own forward kernel gets right; einsum of contraction.ts has all.
test.each([
  ['ij,jk->ik', [2, 3], [3, 2]],
  ['bij,bjk->bik', [2, 2, 3], [2, 3, 2]],
  ['bhqd,bhkd->bhqk', [1, 2, 2, 3], [1, 2, 2, 3]],
  ['bto,bti->io', [2, 2, 1], [2, 2, 2]],
  ['ij,ij->i', [2, 3], [2, 3]],
  ['ij,ij->', [2, 3], [2, 3]],
  ['i,j->ij', [2], [3]],
])('tf.einsum %s, to second order', (equation, shapeA, shapeB) => {
  const inputs = [seededTensor(shapeA), seededTensor(shapeB, { seed: 2 })]
  checkGradient((a, b) => tf.square(tf.einsum(equation, a, b)), inputs, {
    order: 2,
    tolerance: 1e-3,
  })
})

test('tf.einsum of one operand', () => {
  for (const equation of ['ij->j', 'ij->ji', 'ij->']) {
    checkGradient((x) => tf.square(tf.einsum(equation, x)), [seededTensor([2, 3])], { order: 2 })
  }
})
