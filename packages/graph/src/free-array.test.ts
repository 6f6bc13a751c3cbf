import { describe, expect, it } from 'vitest'
import { freeArray } from './free-array.ts'

type Transferable = ArrayBuffer & { transfer?: unknown }

describe('freeArray', () => {
  it('detaches a large array, whether this Node can transfer a buffer or not', () => {
    const array = new Float32Array(2 ** 14)
    freeArray(array)
    expect(array).toHaveLength(0)

    const other = new Float32Array(2 ** 14)
    const buffer = other.buffer as Transferable
    const sizes: number[] = []
    Object.defineProperty(buffer, 'transfer', { value: (size: number) => sizes.push(size) })
    freeArray(other)
    expect(sizes).toEqual([0])

    const old = new Float32Array(2 ** 14)
    Object.defineProperty(old.buffer, 'transfer', { value: undefined })
    freeArray(old)
    expect(old).toHaveLength(0)
  })

  it('leaves small ones, and those that share their buffer', () => {
    const small = new Float32Array(10)
    freeArray(small)
    expect(small).toHaveLength(10)
    const half = new Float32Array(2 ** 15).subarray(0, 2 ** 14)
    freeArray(half)
    expect(half).toHaveLength(2 ** 14)
  })
})
