/**
 * Half-precision numbers in their bits: IEEE 754 binary16, and bfloat16 (the upper half of a float32).
 * Conversions to 16 bits round to the nearest, ties to even.
 */

const word = new Uint32Array(1)
const real = new Float32Array(word.buffer)

/** The number whose binary16 bits are given. */
export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** The binary16 bits nearest to a float32 number; beyond 65519 they are those of infinity. */
export function toFloat16Bits(value: number): number {
  real[0] = value
  const bits = word[0] as number
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  // 65520 is halfway between the largest half and the next power of two.
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13)
  // Subnormal halves are multiples of 2^-24; below half of that all is zero.
  const exponent = magnitude >>> 23
  if (exponent < 102) return sign
  return sign | roundShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent)
}

/** The number whose bfloat16 bits are given. */
export function fromBfloat16Bits(bits: number): number {
  word[0] = bits << 16
  return real[0] as number
}

/** The bfloat16 bits nearest to a float32 number. */
export function toBfloat16Bits(value: number): number {
  real[0] = value
  const bits = word[0] as number
  if ((bits & 0x7fffffff) > 0x7f800000) return ((bits >>> 16) & 0x8000) | 0x7fc0
  return roundShift(bits, 16) & 0xffff
}

/** `value >>> shift`, to the nearest, ties to even; `shift` from 1 to 24. */
function roundShift(value: number, shift: number): number {
  const down = value >>> shift
  const half = 1 << (shift - 1)
  const rest = value & (2 * half - 1)
  return rest > half || (rest === half && (down & 1) === 1) ? down + 1 : down
}
