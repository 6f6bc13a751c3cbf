import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { checkGradient } from '@winnow/core/testing'
import { describe, expect, test } from 'vitest'
import { expectClose, normal, reader, tabulate, valuesOf } from '../testing/values.ts'
import { patchGrid, patchify, unpatchify } from './patchify.ts'

describe('values in (row, column, channel) order, patches in row-major order', () => {
  test('of a sequence', () => {
    const x = normal([2, 6, 2])
    const at = reader(x)
    const expected = tabulate([2, 2, 6], (n, patch, value) =>
      at(n, patch * 3 + Math.floor(value / 2), value % 2),
    )
    expectClose(patchify(x, 3), expected, 0)
  })

  test('of an image that is not square, with a patch that is not', () => {
    const x = normal([2, 4, 9, 3])
    const at = reader(x)
    const expected = tabulate([2, 2 * 3, 2 * 3 * 3], (n, patch, value) => {
      const [row, column] = [Math.floor(patch / 3), patch % 3]
      const [inRow, inColumn] = [Math.floor(value / 9), Math.floor(value / 3) % 3]
      return at(n, row * 2 + inRow, column * 3 + inColumn, value % 3)
    })
    expectClose(patchify(x, [2, 3]), expected, 0)
  })

  test('of a clip', () => {
    const x = normal([2, 4, 4, 6, 2])
    const at = reader(x)
    const expected = tabulate([2, 2 * 2 * 2, 2 * 2 * 3 * 2], (n, patch, value) => {
      const [frame, row, column] = [patch >> 2, (patch >> 1) & 1, patch & 1]
      const [inFrame, inRow, inColumn] = [
        Math.floor(value / 12),
        Math.floor(value / 6) % 2,
        Math.floor(value / 2) % 3,
      ]
      return at(n, frame * 2 + inFrame, row * 2 + inRow, column * 3 + inColumn, value % 2)
    })
    expectClose(patchify(x, [2, 2, 3]), expected, 0)
  })
})

test.each<[number[], number | number[]]>([
  [[3, 8, 1], 4],
  [[2, 28, 28, 1], 4],
  [
    [2, 6, 4, 3],
    [3, 1],
  ],
  [[1, 5, 5, 2], 5],
  [
    [2, 4, 6, 6, 1],
    [2, 3, 2],
  ],
  [[0, 4, 4, 1], 2],
])('unpatchify undoes patchify of %j exactly', (shape, patch) => {
  const x = normal(shape)
  const back = unpatchify(patchify(x, patch), shape.slice(1), patch)
  expect(back.shape).toEqual(shape)
  expect(valuesOf(back)).toEqual(valuesOf(x))
})

test('gradients', () => {
  checkGradient((x) => tf.square(patchify(x, 2)), [normal([2, 2, 4, 1])])
  checkGradient((x) => tf.square(unpatchify(x, [2, 4, 1], 2)), [normal([2, 2, 4])])
})

test('the grid', () => {
  expect(patchGrid([28, 28, 1], 4)).toEqual([7, 7])
  expect(patchGrid([16, 32, 32, 3], [2, 8, 4])).toEqual([8, 4, 8])
})

test('bad input', () => {
  expect(() => patchify(tf.zeros([2, 28, 30, 1]), 4)).toThrow(
    'patchify: a size of [28,30] came, expected multiples of the patch [4,4]',
  )
  expect(() => patchify(tf.zeros([2, 1, 8, 8, 1]), 2)).toThrow(
    'patchify: a size of [1,8,8] came, expected none smaller than the patch [2,2,2]',
  )
  expect(() => patchify(tf.zeros([2, 8]), 2)).toThrow('expected [batch, ...space, channels]')
  expect(() => patchify(tf.zeros([2, 2, 2, 2, 2, 1]), 2)).toThrow('1 to 3 axes of space')
  expect(() => patchify(tf.zeros([2, 8, 8, 1]), [2])).toThrow(
    'patchify: patch: [2] came, expected a number for each of 2 axes of [8,8]',
  )
  expect(() => patchify(tf.zeros([2, 8, 8, 1]), 0)).toThrow('patchify: patch: 0 came')
  expect(() => patchify(tf.zeros([2, 8, 8, 1]), 1.5)).toThrow('patchify: patch: 1.5 came')
  expect(() => unpatchify(tf.zeros([2, 4, 5]), [4, 4, 1], 2)).toThrow(
    'unpatchify: patches of shape [2,4,5] came, expected [batch, 4, 4] to make [batch, 4, 4, 1]',
  )
  expect(() => unpatchify(tf.zeros([2, 4, 5]), [1], 2)).toThrow('unpatchify: shape: [1] came')
})
