import { describe, expect, it } from 'vitest'
import { fromBfloat16Bits, fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from './float16.ts'

describe('float16', () => {
  it('knows the landmarks of binary16', () => {
    const landmarks: [number, number][] = [
      [0x0000, 0],
      [0x0001, 2 ** -24],
      [0x03ff, 1023 * 2 ** -24],
      [0x0400, 2 ** -14],
      [0x3555, 0.333251953125],
      [0x3c00, 1],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x7c00, Number.POSITIVE_INFINITY],
      [0xfc00, Number.NEGATIVE_INFINITY],
    ]
    for (const [bits, value] of landmarks) {
      expect(fromFloat16Bits(bits)).toBe(value)
      expect(toFloat16Bits(value)).toBe(bits)
    }
    expect(fromFloat16Bits(0x7e01)).toBeNaN()
  })

  it('brings all 65536 bit patterns there and back', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const half = fromFloat16Bits(bits)
      if (!Number.isNaN(half)) expect(toFloat16Bits(half) === bits).toBe(true)
      const brain = fromBfloat16Bits(bits)
      if (!Number.isNaN(brain)) expect(toBfloat16Bits(brain) === bits).toBe(true)
    }
    expect(toFloat16Bits(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00)
    expect(toBfloat16Bits(Number.NaN) & 0x7fff).toBeGreaterThan(0x7f80)
  })

  it('rounds to the nearest, ties to even, at every gap', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = fromFloat16Bits(bits)
      const high = fromFloat16Bits(bits + 1)
      const middle = (low + high) / 2
      const up = Math.fround(middle + (high - low) / 64)
      const down = Math.fround(middle - (high - low) / 64)
      const right =
        toFloat16Bits(middle) === bits + (bits & 1) &&
        toFloat16Bits(up) === bits + 1 &&
        toFloat16Bits(down) === bits &&
        toFloat16Bits(-up) === ((bits + 1) | 0x8000)
      expect(right).toBe(true)
    }
    expect(toFloat16Bits(65519.99)).toBe(0x7bff)
    expect(toFloat16Bits(65520)).toBe(0x7c00)
    expect(toBfloat16Bits(1 + 2 ** -8)).toBe(0x3f80)
    expect(toBfloat16Bits(1 + 3 * 2 ** -8)).toBe(0x3f82)
    expect(toBfloat16Bits(3.4e38)).toBe(0x7f80)
  })
})
