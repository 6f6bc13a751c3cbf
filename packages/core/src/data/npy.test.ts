import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WinnowError } from '../error.ts'
import { parseNpy, writeNpy } from './npy.ts'

const decode = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

// Written by NumPy: arange(6, dtype='<f4').reshape(2, 3).
const floats = decode(
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9' +
    'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPwAA' +
    'AEAAAEBAAACAQAAAoEA=',
)
// Written by NumPy: asfortranarray(arange(24, dtype='<i4').reshape(2, 3, 4)).
const fortran = decode(
  'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCks' +
    'IH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAADAAAAAQA' +
    'AAAQAAAACAAAABQAAAABAAAADQAAAAUAAAARAAAACQAAABUAAAACAAAADgAAAAYAAAASAAAACgAAABYAAAADAAAADwAA' +
    'AAcAAAATAAAACwAAABcAAAA=',
)

function npy(header: string, values: readonly number[], version = 1): Uint8Array {
  const text = [...`${header}\n`].map((character) => character.charCodeAt(0))
  const length = [text.length & 255, text.length >> 8, ...(version === 1 ? [] : [0, 0])]
  return Uint8Array.from([
    0x93,
    ...[...'NUMPY'].map((c) => c.charCodeAt(0)),
    version,
    0,
    ...length,
    ...text,
    ...values,
  ])
}

const dict = (descr: string, shape: string, order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`

describe('parseNpy', () => {
  it('reads what NumPy wrote, in C and in Fortran order', () => {
    expect(parseNpy(floats)).toEqual({
      data: Float32Array.of(0, 1, 2, 3, 4, 5),
      shape: [2, 3],
      dtype: 'float32',
    })
    expect(parseNpy(fortran)).toEqual({
      data: Int32Array.from({ length: 24 }, (_, i) => i),
      shape: [2, 3, 4],
      dtype: 'int32',
    })
  })

  it('reads every type, version and byte order', () => {
    const f8 = [0, 0, 0, 0, 0, 0, 0xf8, 0x3f]
    for (const version of [1, 2, 3]) {
      expect(parseNpy(npy(dict('<f8', '(1,)'), f8, version)).data).toEqual(Float64Array.of(1.5))
    }
    expect(parseNpy(npy(dict('<f8', '()'), f8))).toEqual({
      data: Float64Array.of(1.5),
      shape: [],
      dtype: 'float64',
    })
    expect(parseNpy(npy(dict('>f4', '(1,)'), [0x3f, 0x80, 0, 0])).data).toEqual(Float32Array.of(1))
    expect(parseNpy(npy(dict('<i8', '(1,)'), Array(8).fill(255))).data).toEqual(
      BigInt64Array.of(-1n),
    )
    expect(parseNpy(npy(dict('|b1', '(2,)'), [1, 0]))).toMatchObject({
      data: Uint8Array.of(1, 0),
      dtype: 'bool',
    })
    expect(parseNpy(npy(dict('|u1', '(1, 2)'), [7, 255])).data).toEqual(Uint8Array.of(7, 255))
    expect(parseNpy(npy(dict('<i2', '(1,)'), [254, 255])).data).toEqual(Int16Array.of(-2))
    expect(parseNpy(npy(dict('|u1', '(0, 5)'), [])).shape).toEqual([0, 5])
  })

  it.each([
    ['another format', new TextEncoder().encode('hello, world'), /faces: not an NPY file/],
    ['another version', npy(dict('<f4', '(1,)'), [0, 0, 0, 0], 9), /NPY version 9/],
    ['a header cut off', floats.slice(0, 60), /cut off: 60 bytes.*128/],
    ['values cut off', floats.slice(0, -1), /151 bytes.*float32 \[2,3\].*152/],
    ['too many values', Uint8Array.from([...floats, 0]), /153 bytes/],
    [
      'huge sizes',
      npy(dict('<f8', '(99999999999, 99999999)'), []),
      /its header says float64.*needs 79999/,
    ],
    ['sizes beyond numbers', npy(dict('<f8', '(99999999999999999999,)'), []), /says shape/],
    ['objects', npy(dict('|O', '(1,)'), [0]), /values are '\|O', expected one of f4/],
    ['complex numbers', npy(dict('<c8', '(1,)'), Array(8).fill(0)), /'<c8'/],
    [
      'records',
      npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 0]),
      /values are records/,
    ],
    ['inherited names', npy(dict('<constructor', '(1,)'), [0]), /'<constructor'/],
    ['no header', npy('{}', []), /header is not that of an NPY file/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseNpy(bytes, { name: 'faces' })).toThrow(WinnowError)
    expect(() => parseNpy(bytes, { name: 'faces' })).toThrow(message)
  })

  it('gives an array or a WinnowError for any bytes, cut or changed files', () => {
    const changed = fc
      .tuple(fc.constantFrom(floats, fortran), fc.nat(1000), fc.nat(7), fc.nat(400))
      .map(([file, place, bit, cut]) => {
        const bytes = file.slice()
        const at = place % bytes.length
        bytes[at] = (bytes[at] as number) ^ (1 << bit)
        return cut < bytes.length ? bytes.slice(0, cut) : bytes
      })
    const madeUp = fc
      .tuple(fc.string({ maxLength: 8 }), fc.array(fc.nat(5)), fc.uint8Array({ maxLength: 32 }))
      .map(([descr, shape, values]) => npy(dict(`<${descr}`, `(${shape})`), [...values]))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), changed, madeUp), (bytes) => {
        try {
          const { data, shape } = parseNpy(bytes)
          expect(data.length).toBe(shape.reduce((product, size) => product * size, 1))
          expect(data.byteLength).toBeLessThanOrEqual(bytes.length)
        } catch (error) {
          expect(error).toBeInstanceOf(WinnowError)
        }
      }),
      { numRuns: 4000, seed: 5 },
    )
  })
})

describe('writeNpy', () => {
  it('writes what NumPy writes', () => {
    expect(writeNpy({ data: Float32Array.of(0, 1, 2, 3, 4, 5), shape: [2, 3] })).toEqual(floats)
  })

  it.each([
    [Float64Array.of(1.5, -2), 'float64'],
    [BigInt64Array.of(1n, -(2n ** 40n)), 'int64'],
    [Int32Array.of(1, -2), 'int32'],
    [Uint32Array.of(1, 2 ** 32 - 1), 'uint32'],
    [Int16Array.of(1, -2), 'int16'],
    [Uint16Array.of(1, 65535), 'uint16'],
    [Int8Array.of(1, -2), 'int8'],
    [Uint8Array.of(1, 255), 'uint8'],
    [Uint8Array.of(1, 0), 'bool'],
  ] as const)('gives back %s as %s', (data, dtype) => {
    for (const shape of [[2], [1, 2], [2, 1, 1]]) {
      expect(parseNpy(writeNpy({ data, shape, dtype }))).toEqual({ data, shape, dtype })
    }
  })

  it('refuses a shape or a type that does not fit', () => {
    expect(() => writeNpy({ data: new Float32Array(3), shape: [2] })).toThrow(/3 values.*\[2\]/)
    expect(() => writeNpy({ data: new Float32Array(1), shape: [1], dtype: 'bool' })).toThrow(
      /Float32Array came with dtype bool/,
    )
  })
})
