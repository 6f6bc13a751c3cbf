import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import { valuesOf } from '../testing/values.ts'
import { countEntries, digitsToIndices, indicesToDigits } from './mixed-radix.ts'

describe('digits of several levels', () => {
  test('the first counts least', () => {
    const indices = tf.tensor1d([0, 1, 2, 3, 11, 59], 'int32')
    const digits = indicesToDigits(indices, [3, 4, 5])
    expect(digits.shape).toEqual([6, 3])
    expect(valuesOf(digits)).toEqual([0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 1, 0, 2, 3, 0, 2, 3, 4])
    expect(digitsToIndices(digits, [3, 4, 5]).dtype).toBe('int32')
    expect(valuesOf(digitsToIndices(digits, [3, 4, 5]))).toEqual([0, 1, 2, 3, 11, 59])
  })

  test('to the last of 2^24 numbers', () => {
    const levels = Array.from({ length: 24 }, () => 2)
    expect(countEntries('bits', levels)).toBe(2 ** 24)
    const indices = [2 ** 24 - 1, 2 ** 24 - 2, 2 ** 23, 2 ** 23 - 1, 11184811]
    const digits = indicesToDigits(tf.tensor1d(indices, 'int32'), levels)
    expect(valuesOf(digitsToIndices(digits, levels))).toEqual(indices)
    const bits = indices.flatMap((index) => levels.map((_, i) => (index >> i) & 1))
    expect(valuesOf(digits)).toEqual(bits)
  })

  test('more are refused', () => {
    expect(() => countEntries('levels', [4097, 4097])).toThrow(
      'levels: [4097,4097] came, which makes 16785409 entries, expected at most 2^24',
    )
  })
})
