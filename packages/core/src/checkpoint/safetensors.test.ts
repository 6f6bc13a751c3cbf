import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WinnowError } from '../error.ts'
import { type CheckpointTensor, parseSafetensors, writeSafetensors } from './safetensors.ts'

// Written by the reference implementation (safetensors in Python).
const reference = Uint8Array.from(
  atob(
    'GAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJub3RlIjoiw6kiLCJmb3JtYXQiOiJwdCJ9LCJjb3VudCI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbXSwi' +
      'ZGF0YV9vZmZzZXRzIjpbMCw4XX0sIndlaWdodCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwzXSwiZGF0YV9vZmZzZXRzIjpbOCwzMl19LCJoYWxm' +
      'Ijp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOls1XSwiZGF0YV9vZmZzZXRzIjpbMzIsNDJdfSwibWFzayI6eyJkdHlwZSI6IkJPT0wiLCJzaGFwZSI6WzNd' +
      'LCJkYXRhX29mZnNldHMiOls0Miw0NV19fSAg+f////////8AAAAAAACAPgAAAD8AAEA/AACAPwAAoD8APADB/3sBAGYuAQAB',
  ),
  (character) => character.charCodeAt(0),
)

const referenceTensors: [string, CheckpointTensor][] = [
  ['count', { dtype: 'I64', shape: [], data: BigInt64Array.of(-7n) }],
  ['weight', { dtype: 'F32', shape: [2, 3], data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25) }],
  [
    'half',
    { dtype: 'F16', shape: [5], data: Float32Array.of(1, -2.5, 65504, 2 ** -24, 0.0999755859375) },
  ],
  ['mask', { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) }],
]

/** A file with a header of the test's own. */
function file(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === 'string' ? header : JSON.stringify(header),
  )
  const out = new Uint8Array(8 + text.length + data.length)
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true)
  out.set(text, 8)
  out.set(data, 8 + text.length)
  return out
}

const entry = (
  begin: number,
  end: number,
  shape: unknown = [end - begin],
  dtype: unknown = 'U8',
) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})

describe('parseSafetensors', () => {
  it('reads what the reference implementation wrote', () => {
    const { tensors, metadata } = parseSafetensors(reference)
    expect([...tensors]).toEqual(referenceTensors)
    expect(metadata).toEqual({ note: 'é', format: 'pt' })
  })

  it('copies, from a view at an odd offset too', () => {
    const whole = new Uint8Array(reference.length + 1)
    whole.set(reference, 1)
    const { tensors } = parseSafetensors(whole.subarray(1))
    whole.fill(0)
    expect([...tensors]).toEqual(referenceTensors)
  })

  it.each([
    ['nothing', new Uint8Array(0), /vae: 0 bytes/],
    ['a text file', new TextEncoder().encode('<html><body>404'), /vae: not a safetensors file/],
    ['a file cut off in its header', reference.slice(0, 100), /vae: cut off: 100 bytes/],
    [
      'a file cut off in its values',
      reference.slice(0, -1),
      /332 bytes, but its header describes 333|describes/,
    ],
    ['bytes after the end', Uint8Array.from([...reference, 0]), /but its header describes/],
    ['a header that is no JSON', file('{"a":'), /header is not JSON/],
    ['a header of another kind', file('[1]'), /not a JSON object/],
    ['no header', file(''), /header is not JSON/],
    [
      'a gap',
      file({ a: entry(0, 1), b: entry(2, 3) }, new Uint8Array(3)),
      /'b' begins at byte 2.*expected 1/,
    ],
    [
      'an overlap',
      file({ a: entry(0, 2), b: entry(1, 3) }, new Uint8Array(3)),
      /'b' begins at byte 1.*expected 2/,
    ],
    [
      'the wrong size',
      file({ a: entry(0, 3, [2]) }, new Uint8Array(3)),
      /'a' has 3 bytes, but U8 \[2\] needs 2/,
    ],
    ['an end before the begin', file({ a: entry(1, 0, [1]) }), /'a' has -1 bytes/],
    [
      'an unknown type',
      file({ a: entry(0, 1, [1], 'F7') }, new Uint8Array(1)),
      /"F7", expected one of F64/,
    ],
    [
      'an inherited name as type',
      file({ a: entry(0, 1, [1], 'toString') }, new Uint8Array(1)),
      /"toString"/,
    ],
    [
      'a fraction as size',
      file({ a: entry(0, 1, [0.5]) }, new Uint8Array(1)),
      /no shape of whole numbers/,
    ],
    [
      'a size of minus one',
      file({ a: entry(0, 1, [-1, -1]) }, new Uint8Array(1)),
      /no shape of whole numbers/,
    ],
    ['a size too large', file({ a: entry(0, 1, [2 ** 52, 2 ** 52]) }, new Uint8Array(1)), /needs/],
    ['no offsets', file({ a: { dtype: 'U8', shape: [1] } }, new Uint8Array(1)), /no data_offsets/],
    ['no entry', file({ a: null }), /'a' has dtype undefined/],
    ['metadata of numbers', file({ __metadata__: { a: 1 } }), /__metadata__ is not/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseSafetensors(bytes, { name: 'vae' })).toThrow(WinnowError)
    expect(() => parseSafetensors(bytes, { name: 'vae' })).toThrow(message)
  })

  it('refuses a header length above the bound before looking further', () => {
    const bytes = reference.slice()
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n, true)
    expect(() => parseSafetensors(bytes)).toThrow(/at most 100000000/)
  })

  it('gives tensors or a WinnowError for any bytes, cut or changed files', () => {
    const changed = fc
      .tuple(fc.nat(reference.length - 1), fc.nat(7), fc.nat(reference.length))
      .map(([place, bit, length]) => {
        const bytes = reference.slice()
        bytes[place] = (bytes[place] as number) ^ (1 << bit)
        return length % 3 === 0 ? bytes.slice(0, length) : bytes
      })
    const madeUp = fc
      .tuple(fc.json(), fc.uint8Array({ maxLength: 32 }))
      .map(([text, data]) => file(text, data))
    let loaded = 0
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), changed, madeUp), (bytes) => {
        try {
          const { tensors } = parseSafetensors(bytes)
          loaded++
          for (const { data } of tensors.values()) {
            expect(data.byteLength).toBeLessThanOrEqual(2 * bytes.length)
          }
        } catch (error) {
          expect(error).toBeInstanceOf(WinnowError)
        }
      }),
      { numRuns: 4000, seed: 11 },
    )
    // A flipped bit among the values is still a file: the test has seen both outcomes.
    expect(loaded).toBeGreaterThan(10)
  })
})

describe('writeSafetensors', () => {
  it('writes what the reference implementation writes', () => {
    const ours = writeSafetensors([...referenceTensors].reverse(), { note: 'é', format: 'pt' })
    expect(ours).toEqual(reference)
  })

  it('aligns the data to 8 bytes', () => {
    for (const name of ['a', 'ab', 'abc', 'abcd', 'abcdefgh']) {
      const bytes = writeSafetensors([[name, referenceTensors[0]?.[1] as CheckpointTensor]])
      expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0)
    }
  })

  it('gives back what it was given, of every type', () => {
    const kinds = fc.oneof(
      fc.float32Array().map((data) => ({ dtype: 'F32' as const, data })),
      fc.float64Array().map((data) => ({ dtype: 'F64' as const, data })),
      fc.bigInt64Array().map((data) => ({ dtype: 'I64' as const, data })),
      fc.int32Array().map((data) => ({ dtype: 'I32' as const, data })),
      fc.uint32Array().map((data) => ({ dtype: 'U32' as const, data })),
      fc.int16Array().map((data) => ({ dtype: 'I16' as const, data })),
      fc.uint16Array().map((data) => ({ dtype: 'U16' as const, data })),
      fc.int8Array().map((data) => ({ dtype: 'I8' as const, data })),
      fc.uint8Array().map((data) => ({ dtype: 'U8' as const, data })),
    )
    const name = fc.string({ unit: 'binary' }).filter((text) => text !== '__metadata__')
    fc.assert(
      fc.property(
        fc.dictionary(name, kinds),
        fc.dictionary(fc.string(), fc.string()),
        (kept, metadata) => {
          const tensors = Object.entries(kept).map(
            ([key, { dtype, data }]) => [key, { dtype, shape: [data.length, 1], data }] as const,
          )
          const back = parseSafetensors(writeSafetensors(tensors, metadata))
          expect(Object.entries(back.metadata)).toEqual(Object.entries(metadata))
          expect(back.tensors.size).toBe(tensors.length)
          for (const [key, tensor] of tensors) expect(back.tensors.get(key)).toEqual(tensor)
        },
      ),
      { numRuns: 300, seed: 3 },
    )
  })

  it.each([
    [
      'a shape that does not fit',
      { dtype: 'F32', shape: [3], data: new Float32Array(2) },
      /'a' has 2 values and shape \[3\]/,
    ],
    [
      'values of another type',
      { dtype: 'F32', shape: [2], data: new Int32Array(2) },
      /stored as F32, but a Int32Array/,
    ],
    ['an unknown type', { dtype: 'F7', shape: [2], data: new Int32Array(2) }, /dtype 'F7'/],
  ])('refuses %s', (_, tensor, message) => {
    expect(() => writeSafetensors([['a', tensor as CheckpointTensor]])).toThrow(message)
  })

  it('refuses a name that comes twice, and the name of the metadata', () => {
    const tensor: CheckpointTensor = { dtype: 'U8', shape: [0], data: new Uint8Array(0) }
    expect(() =>
      writeSafetensors([
        ['a', tensor],
        ['a', tensor],
      ]),
    ).toThrow(/'a' came twice/)
    expect(() => writeSafetensors([['__metadata__', tensor]])).toThrow(/kept for metadata/)
  })
})
