import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { gradient } from './gradient.ts'

test('where with a comparison on the tape, broadcasting, to second order', () => {
  const x = seededTensor([2, 3], { margin: 0.1 })
  const y = seededTensor([3], { seed: 2 })
  checkGradient((x, y) => tf.where(tf.greater(x, 0), tf.square(x), tf.mul(x, y)), [x, y], {
    order: 2,
  })
})

test('masks made of every comparison and logical function carry no gradient, with gradient and with tf.grad', () => {
  const x = tf.tensor1d([-0.4, 0.3, 1.7])
  const fns: ((x: Tensor) => Tensor)[] = [
    (x) => tf.cast(tf.logicalOr(tf.logicalNot(tf.less(x, 1)), tf.equal(x, 2)), 'float32'),
    (x) => tf.cast(tf.logicalAnd(tf.greaterEqual(x, 0), tf.lessEqual(x, 1)), 'float32'),
    (x) => tf.cast(tf.logicalXor(tf.greater(x, 0), tf.notEqual(x, 1)), 'float32'),
    (x) => tf.cast(tf.any(tf.greater(x, 0)), 'float32'),
    (x) => tf.cast(tf.all(tf.isFinite(x)), 'float32'),
    (x) => tf.cast(tf.logicalOr(tf.isNaN(x), tf.isInf(x)), 'float32'),
    (x) => tf.sign(x),
    (x) => tf.add(tf.round(x), tf.add(tf.floor(x), tf.ceil(x))),
    (x) => tf.step(x),
    (x) => tf.floorDiv(x, tf.scalar(0.3)),
    (x) => tf.cast(tf.argMax(x), 'float32'),
    (x) => tf.cast(tf.argMin(x), 'float32'),
    (x) => tf.oneHot(tf.cast(tf.abs(x), 'int32'), 3),
    (x) => tf.add(tf.zerosLike(x), tf.onesLike(x)),
  ]
  for (const fn of fns) {
    const loss = (x: Tensor): Tensor => tf.sum(tf.mul(tf.cast(fn(x), 'float32'), 2))
    const [ours] = gradient(() => loss(x), [x]) as [Tensor]
    expect(Array.from(ours.dataSync(), Math.abs)).toEqual([0, 0, 0])
    expect(Array.from(tf.grad(loss)(x).dataSync(), Math.abs)).toEqual([0, 0, 0])
  }
})

test('nothing is computed for what lies behind a mask', () => {
  const x = seededTensor([3, 3])
  const count = (fn: () => Tensor): number => {
    let products = 0
    const original = tf.getKernel('BatchMatMul', 'cpu')
    tf.unregisterKernel('BatchMatMul', 'cpu')
    tf.registerKernel({
      ...original,
      kernelFunc: (call) => {
        products++
        return original.kernelFunc(call)
      },
    })
    gradient(fn, [x])
    tf.unregisterKernel('BatchMatMul', 'cpu')
    tf.registerKernel(original)
    return products
  }
  const masked = (): Tensor =>
    tf.sum(
      tf.mul(x, tf.cast(tf.greater(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D), 0), 'float32')),
    )
  expect(count(masked)).toBe(1)
})

test('where tfjs walks the tape itself, the condition carries no gradient', () => {
  const x = tf.tensor1d([-0.5, 0.5, 2])
  gradient(() => tf.sum(x), [x])
  const slope = tf.grad((x: Tensor) =>
    tf.sum(tf.where(tf.greater(x, 0), tf.square(x), tf.mul(x, 3))),
  )(x)
  expect(Array.from(slope.dataSync())).toEqual([3, 1, 4])
})
