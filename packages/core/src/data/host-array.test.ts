import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkArray, type FileData, sizeOf, toHostArray, toTensors } from './host-array.ts'

beforeAll(() => tf.setBackend('cpu'))

describe('host arrays', () => {
  it('take every type of a file to one that a dataset holds', () => {
    const cases: [FileData, string][] = [
      [Float32Array.of(1.5), 'Float32Array'],
      [Float64Array.of(1.5), 'Float32Array'],
      [Uint8Array.of(7), 'Uint8Array'],
      [Int8Array.of(-7), 'Int32Array'],
      [Int16Array.of(-700), 'Int32Array'],
      [Uint16Array.of(40_000), 'Int32Array'],
      [Int32Array.of(-70_000), 'Int32Array'],
      [Uint32Array.of(2 ** 31 - 1), 'Int32Array'],
      [BigInt64Array.of(-5n), 'Int32Array'],
    ]
    for (const [data, type] of cases) {
      const { data: held } = toHostArray('x', { data, shape: [1] })
      expect(held.constructor.name).toBe(type)
      expect(held[0]).toBe(Number(data[0]))
    }
  })

  it('refuse whole numbers over int32, other things, and values that do not fill the shape', () => {
    expect(() => toHostArray('labels', { data: Uint32Array.of(2 ** 31), shape: [1] })).toThrow(
      'labels: 2147483648 at 0 does not fit in int32',
    )
    expect(() => toHostArray('x', { data: BigInt64Array.of(2n ** 40n), shape: [1] })).toThrow(
      'int32',
    )
    expect(() => toHostArray('x', { data: [1] as never, shape: [1] })).toThrow(
      'expected a typed array',
    )
    expect(() => checkArray('x', [1, 2], [3])).toThrow(
      '2 values came with shape [3], expected 3 values',
    )
    expect(() => checkArray('x', [], [-1])).toThrow('expected whole numbers >= 0')
    expect(sizeOf([])).toBe(1)
  })

  it('become one tensor, or a record where there are more fields', () => {
    const inputs = { data: Float32Array.of(1, 2), shape: [2, 1] }
    const labels = { data: Int32Array.of(3, 4), shape: [2] }
    const alone = toTensors({ inputs })
    expect(alone).toBeInstanceOf(tf.Tensor)
    const both = toTensors({ inputs, labels }) as Record<string, tf.Tensor>
    expect([both['inputs']?.dtype, both['labels']?.dtype]).toEqual(['float32', 'int32'])
    expect([...(both['labels']?.dataSync() ?? [])]).toEqual([3, 4])
    tf.dispose([alone, both])
  })
})
