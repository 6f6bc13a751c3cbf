import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { gradient, valueAndGradient } from './gradient.ts'
import { higherOrder } from './higher-order.ts'
import { stopGradient, withoutGradient } from './stop-gradient.ts'

const x = tf.keep(tf.tensor1d([1, 2, 3]))
let before = 0
beforeEach(() => {
  before = tf.memory().numTensors
})

describe('valueAndGradient', () => {
  test('returns the loss, other tensors and gradients, and leaks nothing', () => {
    const { values, gradients } = valueAndGradient(
      () => ({ loss: tf.sum(tf.exp(x)), mean: tf.mean(x), input: x }),
      [x],
    )
    expect(tf.memory().numTensors - before).toBe(4)
    expect(values.loss.dataSync()[0]).toBeCloseTo(Math.exp(1) + Math.exp(2) + Math.exp(3), 4)
    expect(values.mean.dataSync()[0]).toBe(2)
    expect(gradients[0]?.dataSync()[1]).toBeCloseTo(Math.exp(2), 4)
    tf.dispose([values, gradients])
    expect(tf.memory().numTensors).toBe(before)
    expect(Array.from(x.dataSync())).toEqual([1, 2, 3]) // a value that was an input is still the caller's
  })

  test('results inside a tidy are disposed of by it', () => {
    tf.tidy(() => valueAndGradient(() => ({ loss: tf.sum(tf.square(x)), x }), [x]).gradients.length)
    expect(tf.memory().numTensors).toBe(before)
  })

  test('metrics of a nested gradient stay differentiable', () => {
    const nested = (x: Tensor): Tensor => {
      const { values, gradients } = valueAndGradient(
        () => ({ loss: tf.sum(tf.square(x)), cube: tf.pow(x, 3) }),
        [x],
      )
      return tf.add(values.cube, tf.mul(values.loss, gradients[0] as Tensor))
    }
    checkGradient(nested, [seededTensor([3], { low: 0.5, high: 1.5 })], { tolerance: 1e-3 })
  })
})

describe('gradient', () => {
  test('zeros where the loss does not depend on x', () => {
    const other = tf.tensor2d([[1, 2]])
    const [a, b] = gradient(() => tf.sum(x), [x, other]) as [Tensor, Tensor]
    expect(Array.from(a.dataSync())).toEqual([1, 1, 1])
    expect(b.shape).toEqual([1, 2])
    expect(Array.from(b.dataSync())).toEqual([0, 0])
    expect(Array.from((gradient(() => tf.scalar(3), [x])[0] as Tensor).dataSync())).toEqual([
      0, 0, 0,
    ])
    tf.dispose([a, b, other])
  })

  test('the same x twice, an x that is the loss, no x at all', () => {
    const [a, b] = gradient(() => tf.sum(tf.square(x)), [x, x]) as [Tensor, Tensor]
    a.dispose()
    expect(Array.from(b.dataSync())).toEqual([2, 4, 6])
    const scalar = tf.scalar(2)
    const [one] = gradient(() => scalar, [scalar]) as [Tensor]
    expect(one.dataSync()[0]).toBe(1)
    expect(scalar.isDisposed).toBe(false)
    expect(gradient(() => scalar, [])).toEqual([])
    tf.dispose([b, scalar, one])
    expect(tf.memory().numTensors).toBe(before)
  })

  test('with respect to a variable', () => {
    const weight = tf.variable(tf.tensor1d([1, 2, 3]))
    const [slope] = gradient(() => tf.sum(tf.square(weight)), [weight]) as [Tensor]
    expect(Array.from(slope.dataSync())).toEqual([2, 4, 6])
    weight.dispose()
  })

  test('says what is wrong with its arguments', () => {
    expect(() => gradient(() => x, [x])).toThrow(/loss is float32 of shape \[3\].*scalar/)
    expect(() => gradient(() => tf.argMax(x), [x])).toThrow(/loss is int32/)
    expect(() => gradient(() => undefined as never, [x])).toThrow(/returned undefined/)
    expect(() => gradient(() => tf.sum(x), [x, tf.tensor1d([1], 'int32')])).toThrow(
      /xs\[1\] is int32/,
    )
  })

  test('leaks nothing when the function or the backward pass throws, and the tape is usable afterwards', () => {
    const fail = (): Tensor => {
      tf.sum(tf.exp(tf.mul(x, x)))
      throw new Error('stop')
    }
    expect(() => gradient(fail, [x])).toThrow('stop')
    expect(tf.memory().numTensors).toBe(before)
    const image = tf.ones([1, 2, 2, 1]) as tf.Tensor4D
    const boxes = tf.tensor2d([[0, 0, 1, 1]])
    const which = tf.tensor1d([0], 'int32')
    const crop = (): Tensor => tf.sum(tf.image.cropAndResize(tf.exp(image), boxes, which, [1, 1]))
    expect(() => gradient(crop, [image])).toThrow(/CropAndResize/)
    tf.dispose([image, boxes, which])
    expect(tf.memory().numTensors).toBe(before)
    const [slope] = gradient(() => tf.sum(x), [x]) as [Tensor]
    expect(Array.from(slope.dataSync())).toEqual([1, 1, 1])
    slope.dispose()
  })

  test('nested where the inner gradient reaches back out of its function, in a higherOrder scope', () => {
    const [input, w] = [seededTensor([2, 2], { seed: 2 }), seededTensor([2, 2])]
    const hidden = (): Tensor => tf.tanh(tf.matMul(tf.sigmoid(tf.matMul(input, w)), w))
    const penalty = (h: () => Tensor): Tensor => {
      const [slope] = gradient(
        () => tf.sum(tf.mul(tf.softmax(h()), tf.tensor1d([1, 2]))),
        [input],
      ) as [Tensor]
      return tf.sum(tf.square(slope))
    }
    const reachingBack = gradient(
      () =>
        higherOrder(() => {
          const h = hidden()
          return penalty(() => h)
        }),
      [input, w],
    )
    const selfContained = gradient(() => penalty(hidden), [input, w])
    reachingBack.forEach((found, i) => {
      const expected = (selfContained[i] as Tensor).dataSync()
      found.dataSync().forEach((value, j) => {
        expect(value).toBeCloseTo(expected[j] as number, 6)
      })
    })
    expect(Math.abs(reachingBack[1]?.dataSync()[0] as number)).toBeGreaterThan(1e-4)
  })
})

describe('stopGradient and withoutGradient', () => {
  test('what passes through is a constant', () => {
    const loss = (): Tensor => tf.sum(tf.mul(x, stopGradient(tf.square(x))))
    expect(Array.from((gradient(loss, [x])[0] as Tensor).dataSync())).toEqual([1, 4, 9])
    const other = (): Tensor =>
      tf.sum(
        tf.mul(
          x,
          withoutGradient(() => tf.square(x)),
        ),
      )
    expect(Array.from((gradient(other, [x])[0] as Tensor).dataSync())).toEqual([1, 4, 9])
  })

  test('the straight-through estimator', () => {
    const [slope] = gradient(
      () => tf.sum(tf.mul(tf.add(x, stopGradient(tf.sub(tf.round(x), x))), x)),
      [x],
    ) as [Tensor]
    expect(Array.from(slope.dataSync())).toEqual([2, 4, 6])
  })

  test('a gradient inside withoutGradient is computed, and is a constant', () => {
    const loss = (): Tensor => {
      const [slope] = withoutGradient(() => gradient(() => tf.sum(tf.pow(x, 3)), [x])) as [Tensor]
      return tf.sum(tf.mul(x, slope))
    }
    expect(Array.from((gradient(loss, [x])[0] as Tensor).dataSync())).toEqual([3, 12, 27])
  })

  test('keeps nothing for a backward pass and shares the data', () => {
    const y = stopGradient(x)
    expect(y.dataId).toBe(x.dataId)
    y.dispose()
    expect(x.isDisposed).toBe(false)
    expect(tf.memory().numTensors).toBe(before)
  })

  test('recording goes on after an error inside', () => {
    expect(() =>
      withoutGradient(() => {
        throw new Error('inside')
      }),
    ).toThrow('inside')
    expect(Array.from((gradient(() => tf.sum(tf.square(x)), [x])[0] as Tensor).dataSync())).toEqual(
      [2, 4, 6],
    )
  })
})
