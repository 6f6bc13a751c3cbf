/**
 * Rows in memory as they lie in a shard: float16 stays in its bits until a batch is made, which halves the memory.
 */
import { fromFloat16Bits, toFloat16Bits } from '../checkpoint/float16.ts'
import type { ActivationType } from './index-file.ts'

/** The bits of float16, or float32. */
export type StoredRows = Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Bytes of one value. */
export function bytesOf(dtype: ActivationType): number {
  return dtype === 'float16' ? 2 : 4
}

/** Room for `length` values. */
export function storedRows(dtype: ActivationType, length: number): StoredRows {
  return dtype === 'float16' ? new Uint16Array(length) : new Float32Array(length)
}

/** Fills `rows` with as many values from a file. */
export function fillFromFile(rows: StoredRows, bytes: Uint8Array): void {
  const own = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)
  own.set(bytes)
  if (littleEndian) return
  const size = rows.BYTES_PER_ELEMENT
  for (let i = 0; i < own.length; i += size) own.subarray(i, i + size).reverse()
}

/** Writes values `begin` up to `end` as float32 to `into`, from `place` on. */
export function decodeTo(
  rows: StoredRows,
  range: { readonly begin: number; readonly end: number },
  into: Float32Array,
  place: number,
): void {
  const { begin, end } = range
  if (rows instanceof Float32Array) {
    into.set(rows.subarray(begin, end), place)
    return
  }
  const table = halfTable()
  for (let from = begin, to = place; from < end; from++, to++) {
    into[to] = table[rows[from] as number] as number
  }
}

/** The value as it will be read again. */
export function asStored(value: number, dtype: ActivationType): number {
  return dtype === 'float16' ? fromFloat16Bits(toFloat16Bits(value)) : value
}

/** The place of the first value that is NaN or infinite, or -1. */
export function firstNonFinite(values: StoredRows): number {
  if (values instanceof Uint16Array) {
    for (let i = 0; i < values.length; i++) {
      if (((values[i] as number) & 0x7c00) === 0x7c00) return i
    }
    return -1
  }
  for (let i = 0; i < values.length; i++) {
    // NaN and infinities alone give something other than zero.
    if ((values[i] as number) * 0 !== 0) return i
  }
  return -1
}

let table: Float32Array | undefined

/** Every half by its bits: many times quicker than arithmetic on them. */
function halfTable(): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => fromFloat16Bits(bits))
  return table
}
