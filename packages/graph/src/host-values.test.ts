import { describe, expect, it } from 'vitest'
import { GraphBackend } from './backend.ts'
import { typedValues } from './host-values.ts'

describe('typedValues', () => {
  it('keeps an array of the right kind, and copies any other into one', () => {
    const float = Float32Array.of(1, 2)
    expect(typedValues(float, 'float32')).toBe(float)
    expect(typedValues([1, 2] as never, 'float32')).toEqual(float)
    expect(typedValues([1, -2] as never, 'int32')).toEqual(Int32Array.of(1, -2))
    expect(typedValues([true, false] as never, 'bool')).toEqual(Uint8Array.of(1, 0))
    expect(typedValues(new Uint8ClampedArray([1, 0]) as never, 'bool')).toEqual(Uint8Array.of(1, 0))
    const bytes = Uint8Array.of(1, 0)
    expect(typedValues(bytes, 'bool')).toBe(bytes)
    const words = [new Uint8Array(1)]
    expect(typedValues(words, 'string')).toBe(words)
  })
})

describe('the live storage of a tensor', () => {
  it('is not what a reader holds', () => {
    const backend = new GraphBackend()
    const values = Float32Array.of(1, 2)
    const data = backend.write(values, [2], 'float32')
    const live = backend.hostValues(data) as Float32Array
    live[0] = 5
    expect(values[0]).toBe(1)
    const read = backend.readSync(data) as Float32Array
    expect([...read]).toEqual([5, 2])
    ;(backend.hostValues(data) as Float32Array)[0] = 6
    expect(read[0]).toBe(5)
  })

  it('is refused where the data is shared, or text', () => {
    const backend = new GraphBackend()
    const shared = backend.write(Float32Array.of(1), [1], 'float32')
    backend.incRef(shared)
    expect(backend.refCount(shared)).toBe(2)
    expect(backend.hostValues(shared)).toBeUndefined()
    expect(backend.placeValues(shared, new Float32Array(1))).toBe(false)
    const text = backend.write([new Uint8Array(1)], [1], 'string')
    expect(backend.placeValues(text, new Float32Array(1))).toBe(false)
  })

  it('moves into storage of the same kind and length only, and readers get copies', () => {
    const backend = new GraphBackend()
    const data = backend.write(Float32Array.of(1, 2), [2], 'float32')
    expect(() => backend.placeValues(data, new Float32Array(3))).toThrow(
      'storage: a Float32Array of 3 came, the tensor has a Float32Array of 2',
    )
    expect(() => backend.placeValues(data, new Int32Array(2))).toThrow('a Int32Array of 2 came')
    const storage = new Float32Array(2)
    expect(backend.placeValues(data, storage)).toBe(true)
    expect([...storage]).toEqual([1, 2])
    const read = backend.readSync(data) as Float32Array
    storage[0] = 7
    expect([...read]).toEqual([1, 2])
    expect([...(backend.readSync(data) as Float32Array)]).toEqual([7, 2])
  })
})
