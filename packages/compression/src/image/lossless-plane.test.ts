import { Rng, WinnowError } from '@winnow/core'
import { array, assert, boolean, constantFrom, integer, property, tuple } from 'fast-check'
import { expect, it } from 'vitest'
import { compressPlane, decompressPlane } from './lossless-plane.ts'

it('gives back every value, of 8 and of 16 bits', () => {
  const plane = tuple(
    integer({ min: 1, max: 20 }),
    integer({ min: 1, max: 20 }),
    constantFrom(8, 16),
    boolean(),
  ).chain(([width, height, depth, rough]) =>
    array(rough ? integer({ min: 0, max: 2 ** depth - 1 }) : constantFrom(0, 2 ** depth - 1), {
      minLength: width * height,
      maxLength: width * height,
    }).map((data) => ({ data, width, height, depth })),
  )
  assert(
    property(plane, ({ depth, ...values }) => {
      const bytes = compressPlane(values, depth)
      expect([...decompressPlane(bytes, values, depth)]).toEqual(values.data)
    }),
  )
})

it('takes next to nothing where all is opaque, and less than the values where it is smooth', () => {
  const size = { width: 200, height: 150 }
  expect(compressPlane({ ...size, data: new Uint8Array(30_000).fill(255) }, 8).length).toBeLessThan(
    30,
  )
  const noise = new Rng(1).normalValues(30_000, 0, 1)
  const ramp = Uint8Array.from(
    noise,
    (value, i) => (i % 200) / 2 + Math.floor(i / 200) / 2 + 20 + value,
  )
  // Noise of deviation 1 has 2.05 bits of entropy, its differences to what neighbours foretell about 2.8.
  expect(compressPlane({ ...size, data: ramp }, 8).length).toBeLessThan(30_000 * (3.1 / 8))
})

it('refuses damage, and bytes of another size', () => {
  const data = new Uint8Array(100).map((_, i) => i * 2)
  const bytes = compressPlane({ data, width: 10, height: 10 }, 8)
  const read =
    (given: Uint8Array, height = 10) =>
    () =>
      decompressPlane(given, { width: 10, height }, 8)
  let refused = 0
  for (let at = 0; at < bytes.length; at++) {
    try {
      // A table that no value is coded by may change unnoticed; nothing else may.
      expect([...read(bytes.with(at, (bytes[at] as number) ^ 1))()]).toEqual([...data])
    } catch (error) {
      expect(error).toBeInstanceOf(WinnowError)
      refused++
    }
  }
  expect(refused).toBeGreaterThan(bytes.length - 6)
  expect(read(bytes, 11)).toThrow('damaged')
  expect(read(bytes, 9)).toThrow('damaged')
})
