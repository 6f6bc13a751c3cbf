import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'
import { gradient } from './gradient.ts'

type Binary = (a: Tensor, b: Tensor) => Tensor
type Range = { low: number; high: number }

const wide: Range = { low: -2, high: 2 }
const positive: Range = { low: 0.5, high: 2 }

/** Operation, range of a, range of b; the ranges keep clear of poles and kinks. */
const operations: Record<string, [Binary, Range, Range]> = {
  add: [tf.add, wide, wide],
  sub: [tf.sub, wide, wide],
  mul: [tf.mul, wide, wide],
  div: [tf.div, wide, positive],
  maximum: [tf.maximum, { low: -2, high: -0.2 }, { low: -0.1, high: 0 }],
  'maximum, first larger': [tf.maximum, { low: 0.3, high: 2 }, { low: -1, high: 0.1 }],
  minimum: [tf.minimum, { low: -2, high: -0.2 }, { low: -0.1, high: 0 }],
  'minimum, second smaller': [tf.minimum, { low: 0.3, high: 2 }, { low: -1, high: 0.1 }],
  squaredDifference: [tf.squaredDifference, wide, wide],
  pow: [tf.pow, positive, wide],
  mod: [tf.mod, { low: 2.1, high: 2.6 }, { low: 0.92, high: 0.98 }],
  atan2: [tf.atan2, positive, positive],
  prelu: [tf.prelu, { low: -2, high: -0.1 }, wide],
}

describe.each(Object.entries(operations))('%s', (_, [operation, rangeA, rangeB]) => {
  test.each([
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [
      [2, 1, 3],
      [2, 1],
    ],
    [[], [2, 2]],
  ])('%j with %j, to second order', (shapeA, shapeB) => {
    const a = seededTensor(shapeA, rangeA)
    const b = seededTensor(shapeB, { ...rangeB, seed: 2 })
    expect(() => checkGradient(operation, [a, b], { order: 2, step: 0.01 })).not.toThrow()
  })
})

test('random broadcasting shapes: every gradient has its operand’s shape and value', () => {
  const pair = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean(), fc.boolean()), { maxLength: 4 })
    .chain((axes) => fc.tuple(fc.constant(axes), fc.nat({ max: axes.length }), fc.boolean()))
  fc.assert(
    fc.property(
      pair,
      fc.constantFrom(...Object.keys(operations)),
      ([axes, dropped, first], name) => {
        let shapeA = axes.map(([extent, one]) => (one ? 1 : extent))
        let shapeB = axes.map(([extent, , one]) => (one ? 1 : extent))
        if (first) shapeA = shapeA.slice(dropped)
        else shapeB = shapeB.slice(dropped)
        const [operation, rangeA, rangeB] = operations[name] as [Binary, Range, Range]
        tf.tidy(() => {
          const a = seededTensor(shapeA, rangeA)
          const b = seededTensor(shapeB, { ...rangeB, seed: 2 })
          const [da, db] = gradient(() => tf.sum(operation(a, b)), [a, b]) as [Tensor, Tensor]
          expect(da.shape).toEqual(shapeA)
          expect(db.shape).toEqual(shapeB)
          // Against the same gradient taken after the broadcast was carried out by products.
          const ones = tf.ones(operation(a, b).shape)
          const [fullA, fullB] = gradient(
            () => tf.sum(operation(tf.mul(a, ones), tf.mul(b, ones))),
            [a, b],
          )
          expect(gap(da, fullA)).toBeLessThan(1e-4)
          expect(gap(db, fullB)).toBeLessThan(1e-4)
        })
      },
    ),
    { numRuns: 60, seed: 7 },
  )
})

test('addN', () => {
  const xs = [1, 2, 3].map((seed) => seededTensor([2, 2], { seed }))
  checkGradient((a, b, c) => tf.addN([tf.square(a), b, tf.mul(b, c)] as Tensor[]), xs, { order: 2 })
})

test('adding shares no gradient between operands: the tape disposes of one when another part arrives', () => {
  const inputs = [seededTensor([3]), seededTensor([3], { seed: 2 })]
  checkGradient((x, y) => tf.add(tf.square(x), tf.add(x, y)), inputs)
  checkGradient((x, y) => tf.add(tf.square(x), tf.sub(x, y)), inputs)
  checkGradient((x, y) => tf.add(tf.square(x), tf.addN([x, y])), inputs)
})

test('an operand used twice gets both parts, and no other gradient is disposed of on the way', () => {
  const [x, y] = [seededTensor([3]), seededTensor([3], { seed: 2 })]
  checkGradient((x, y) => tf.mul(tf.add(tf.add(x, x), tf.sub(y, x)), tf.add(y, y)), [x, y], {
    order: 2,
  })
})

test('at a tie, maximum and minimum give the whole gradient to the first operand', () => {
  const a = tf.tensor1d([1, 2])
  const b = tf.tensor1d([1, 2])
  for (const operation of [tf.maximum, tf.minimum]) {
    const [da, db] = gradient(() => tf.sum(operation(a, b)), [a, b]) as [Tensor, Tensor]
    expect(Array.from(da.dataSync())).toEqual([1, 1])
    expect(Array.from(db.dataSync())).toEqual([0, 0])
  }
})

test('powers of zero have finite first and second derivatives', () => {
  const x = tf.tensor1d([0, 0, 0])
  const exponent = tf.tensor1d([0, 1, 2])
  const [first] = gradient(() => tf.sum(tf.pow(x, exponent)), [x]) as [Tensor]
  expect(Array.from(first.dataSync())).toEqual([0, 1, 0])
  const slope = (): Tensor => tf.sum(gradient(() => tf.sum(tf.pow(x, exponent)), [x])[0] as Tensor)
  const [second] = gradient(slope, [x]) as [Tensor]
  expect(Array.from(second.dataSync())).toEqual([0, 0, 2])
})

test('zero-size operands', () => {
  const a = tf.zeros([0, 3])
  const b = seededTensor([1, 3])
  const [da, db] = gradient(() => tf.sum(tf.mul(a, b)), [a, b]) as [Tensor, Tensor]
  expect(da.shape).toEqual([0, 3])
  expect(Array.from(db.dataSync())).toEqual([0, 0, 0])
})

function gap(a: Tensor, b: Tensor | undefined): number {
  return Math.max(0, ...tf.tidy(() => tf.abs(tf.sub(a, b as Tensor))).dataSync())
}
