import { WinnowError } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import {
  byteLength,
  dataType,
  type ElementType,
  elementCode,
  elementType,
  filledArray,
  hostArray,
  sameShape,
  sizeOf,
} from './element.ts'

const kinds: readonly (readonly [
  ElementType,
  { new (size: number): ArrayLike<number | bigint> },
])[] = [
  ['float32', Float32Array],
  ['int32', Int32Array],
  ['bool', Uint8Array],
  ['uint8', Uint8Array],
  ['int64', BigInt64Array],
  ['uint32', Uint32Array],
  ['uint64', BigUint64Array],
  ['float64', Float64Array],
  ['float16', Uint16Array],
]

describe('element types', () => {
  it.each(kinds)('%s: an array of its kind, as long and as many bytes as it says', (type, kind) => {
    const array = hostArray(type, 6)
    expect(array).toBeInstanceOf(kind)
    expect(array).toHaveLength(6)
    expect(byteLength([2, 3], type)).toBe(array.byteLength)
    const filled = filledArray(type, 3, 2)
    expect(filled).toBeInstanceOf(kind)
    expect([...filled].map(Number)).toEqual([2, 2, 2])
    expect(Number(filledArray(type, 1, 0)[0])).toBe(0)
  })

  it('have the numbers of ONNX, each its own', () => {
    expect(new Set(Object.values(elementCode)).size).toBe(kinds.length)
    expect(elementCode).toMatchObject({ float32: 1, int32: 6, int64: 7, bool: 9, float16: 10 })
  })

  it('a negative zero stays one', () => {
    expect(Object.is(filledArray('float32', 2, -0)[1], -0)).toBe(true)
  })

  it('of tfjs and back; what has no place on the other side is refused', () => {
    for (const dtype of ['float32', 'int32', 'bool'] as const) {
      expect(dataType(elementType(dtype))).toBe(dtype)
    }
    for (const dtype of ['string', 'complex64'] as const) {
      expect(() => elementType(dtype)).toThrow(WinnowError)
      expect(() => elementType(dtype)).toThrow(`dtype: '${dtype}' cannot enter a graph`)
    }
    for (const type of ['int64', 'float16'] as const) {
      expect(() => dataType(type)).toThrow(
        `a value of type ${type} cannot leave a graph as a tensor; cast it first`,
      )
    }
  })
})

it('sizes and equality of shapes', () => {
  expect([[], [3], [2, 0, 5], [2, 3, 4]].map(sizeOf)).toEqual([1, 3, 0, 24])
  expect(sameShape([2, 3], [2, 3])).toBe(true)
  expect(sameShape([2, 3], [3, 2])).toBe(false)
  expect(sameShape([2, 3], [2, 3, 1])).toBe(false)
})
