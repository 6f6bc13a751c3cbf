import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { valuesOf } from '../testing/values.ts'
import { blockMask, bothMasks, causalMask, paddingMask, prefixMask, windowMask } from './masks.ts'

/** Rows of a mask as strings: `#` may look, `.` may not. */
function picture(mask: tf.Tensor): string[] {
  const keys = mask.shape.at(-1) as number
  const marks = valuesOf(mask).map((value) => (value === 1 ? '#' : '.'))
  return Array.from({ length: mask.size / keys }, (_, row) =>
    marks.slice(row * keys, (row + 1) * keys).join(''),
  )
}

test('causal, and for the last tokens only', () => {
  expect(picture(causalMask(3))).toEqual(['#..', '##.', '###'])
  expect(picture(causalMask(2, 4))).toEqual(['###.', '####'])
  expect(picture(causalMask(1))).toEqual(['#'])
  expect(causalMask(3).dtype).toBe('bool')
})

test('prefix', () => {
  expect(picture(prefixMask(4, 2))).toEqual(['##..', '##..', '###.', '####'])
  expect(picture(prefixMask(3, 0))).toEqual(picture(causalMask(3)))
  expect(picture(prefixMask(2, 2))).toEqual(['##', '##'])
})

test('window', () => {
  expect(picture(windowMask(4, 1))).toEqual(['##..', '###.', '.###', '..##'])
  expect(picture(windowMask(2, 0))).toEqual(['#.', '.#'])
  // Shorter than the window: everything.
  expect(picture(windowMask(2, 5))).toEqual(['##', '##'])
})

test('blocks, of one sequence and of a batch', () => {
  expect(picture(blockMask([0, 0, 1]))).toEqual(['##.', '##.', '..#'])
  expect(picture(blockMask([1, 0], [0, 0, 1]))).toEqual(['..#', '##.'])
  const batch = tf.tensor2d([0, 0, 1, 0, 1, 1], [2, 3], 'int32')
  const mask = blockMask(batch)
  expect(mask.shape).toEqual([2, 1, 3, 3])
  expect(picture(mask)).toEqual(['##.', '##.', '..#', '#..', '.##', '.##'])
  const shared = blockMask([0, 1], batch)
  expect(shared.shape).toEqual([2, 1, 2, 3])
  expect(picture(shared)).toEqual(['##.', '..#', '#..', '.##'])
})

test('padding, of any dtype', () => {
  for (const dtype of ['float32', 'int32', 'bool'] as const) {
    const mask = paddingMask(tf.tensor2d([1, 1, 0, 1, 0, 0], [2, 3], dtype))
    expect(mask.shape).toEqual([2, 1, 1, 3])
    expect(mask.dtype).toBe('bool')
    expect(picture(mask)).toEqual(['##.', '#..'])
  }
})

test('both: where all let look, whatever their dtype', () => {
  const padding = paddingMask(tf.tensor2d([1, 1, 0, 0, 1, 1], [2, 3]))
  const mask = bothMasks(causalMask(3), padding)
  expect(mask.shape).toEqual([2, 1, 3, 3])
  expect(picture(mask)).toEqual(['#..', '##.', '##.', '...', '.#.', '.##'])
  const floats = bothMasks(tf.tensor1d([1, 0, 1]), windowMask(3, 1), causalMask(3))
  expect(picture(floats)).toEqual(['#..', '#..', '..#'])
  const only = causalMask(2)
  expect(bothMasks(undefined, only)).toBe(only)
  expect(bothMasks(undefined, undefined)).toBeUndefined()
})

describe('bad input', () => {
  test.each<[string, () => unknown, string]>([
    ['no queries', () => causalMask(0), 'causalMask: queries: 0 came'],
    ['fewer keys than queries', () => causalMask(3, 2), 'causalMask: keys: 2 came, expected'],
    ['a prefix longer than all', () => prefixMask(3, 4), 'prefix: 4 came, expected a whole'],
    ['a negative reach', () => windowMask(3, -1), 'windowMask: reach: -1 came'],
    ['half a reach', () => windowMask(3, 0.5), 'windowMask: reach: 0.5 came'],
    ['no blocks', () => blockMask([]), 'blockMask: queries: shape [0] came'],
    ['a scalar', () => blockMask(tf.scalar(1)), 'blockMask: queries: shape [] came'],
    [
      'two batches',
      () => blockMask(tf.zeros([2, 3]), tf.zeros([3, 3])),
      'blockMask: keys: shape [3,3] came, expected a batch of 2',
    ],
    ['padding without a batch', () => paddingMask(tf.ones([3])), 'paddingMask: kept: shape [3]'],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})
