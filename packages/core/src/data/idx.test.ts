import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WinnowError } from '../error.ts'
import { parseIdx } from './idx.ts'

const idx = (type: number, shape: readonly number[], values: readonly number[]) =>
  Uint8Array.from([
    0,
    0,
    type,
    shape.length,
    ...shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]),
    ...values,
  ])

describe('parseIdx', () => {
  it('reads bytes, signed and big-endian numbers', () => {
    const images = parseIdx(idx(8, [2, 1, 2], [1, 2, 3, 255]))
    expect(images).toEqual({ data: Uint8Array.of(1, 2, 3, 255), shape: [2, 1, 2], dtype: 'uint8' })
    expect(parseIdx(idx(9, [2], [1, 255])).data).toEqual(Int8Array.of(1, -1))
    expect(parseIdx(idx(11, [2], [1, 0, 255, 254])).data).toEqual(Int16Array.of(256, -2))
    expect(parseIdx(idx(12, [1], [0, 1, 0, 2])).data).toEqual(Int32Array.of(65538))
    expect(parseIdx(idx(13, [1], [0x3f, 0xc0, 0, 0])).data).toEqual(Float32Array.of(1.5))
    expect(parseIdx(idx(14, [1], [0x3f, 0xf8, 0, 0, 0, 0, 0, 0])).data).toEqual(
      Float64Array.of(1.5),
    )
  })

  it('copies the values out, from a view within a larger buffer too', () => {
    const whole = Uint8Array.from([9, 9, 9, ...idx(8, [2], [5, 6])])
    const { data } = parseIdx(whole.subarray(3))
    whole.fill(0)
    expect(data).toEqual(Uint8Array.of(5, 6))
  })

  it.each([
    ['nothing', new Uint8Array(0), /digits: 0 bytes/],
    ['another format', new TextEncoder().encode('hello'), /digits: not an IDX file/],
    ['a header cut off', idx(8, [2, 2], []).slice(0, 9), /ends within the IDX header/],
    [
      'values cut off',
      idx(8, [2, 2], [1, 2, 3]),
      /15 bytes, but its header says uint8 \[2,2\].*16/,
    ],
    ['too many values', idx(8, [1], [1, 2]), /10 bytes/],
    ['huge sizes', idx(8, [0xffffffff, 0xffffffff, 0xffffffff], [1]), /needs 7\.9/],
    ['sizes that overflow', idx(14, Array(200).fill(0xffffffff), [1]), /needs Infinity/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseIdx(bytes, { name: 'digits' })).toThrow(WinnowError)
    expect(() => parseIdx(bytes, { name: 'digits' })).toThrow(message)
  })

  it('gives an array or a WinnowError for any bytes', () => {
    const header = fc
      .tuple(
        fc.constantFrom(8, 9, 11, 12, 13, 14, 7),
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
        fc.uint8Array({ maxLength: 64 }),
      )
      .map(([type, shape, values]) => idx(type, shape, [...values]))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), header), (bytes) => {
        try {
          const { data, shape } = parseIdx(bytes)
          expect(data.length).toBe(shape.reduce((product, size) => product * size, 1))
          expect(data.byteLength).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(WinnowError)
        }
      }),
      { numRuns: 3000, seed: 7 },
    )
  })
})
