/**
 * IDX files (Y. LeCun, C. Cortes: the format of MNIST): two zero bytes, a type code, the number of axes, their sizes as
 * big-endian uint32, then the values, big-endian, row-major.
 */
import { check } from '../error.ts'
import type { FileArray, FileData, FileDataType } from './host-array.ts'

interface IdxType {
  readonly dtype: FileDataType
  readonly bytes: number
  read(view: DataView, start: number, length: number): FileData
}

const types: ReadonlyMap<number, IdxType> = new Map<number, IdxType>([
  [
    0x08,
    {
      dtype: 'uint8',
      bytes: 1,
      read: (view, start, length) =>
        new Uint8Array(view.buffer, view.byteOffset + start, length).slice(),
    },
  ],
  [
    0x09,
    {
      dtype: 'int8',
      bytes: 1,
      read: (view, start, length) =>
        new Int8Array(view.buffer, view.byteOffset + start, length).slice(),
    },
  ],
  [
    0x0b,
    {
      dtype: 'int16',
      bytes: 2,
      read: (view, start, length) =>
        Int16Array.from({ length }, (_, i) => view.getInt16(start + 2 * i)),
    },
  ],
  [
    0x0c,
    {
      dtype: 'int32',
      bytes: 4,
      read: (view, start, length) =>
        Int32Array.from({ length }, (_, i) => view.getInt32(start + 4 * i)),
    },
  ],
  [
    0x0d,
    {
      dtype: 'float32',
      bytes: 4,
      read: (view, start, length) =>
        Float32Array.from({ length }, (_, i) => view.getFloat32(start + 4 * i)),
    },
  ],
  [
    0x0e,
    {
      dtype: 'float64',
      bytes: 8,
      read: (view, start, length) =>
        Float64Array.from({ length }, (_, i) => view.getFloat64(start + 8 * i)),
    },
  ],
])

/**
 * Reads an IDX file; the values are copied out of `bytes`.
 * @param options.name what errors call the file
 * @throws WinnowError when the file is not IDX, or not exactly as long as its header says
 */
export function parseIdx(bytes: Uint8Array, options: { readonly name?: string } = {}): FileArray {
  const { name = 'IDX file' } = options
  check(
    bytes.length >= 4,
    () => `${name}: ${bytes.length} bytes, expected an IDX header of at least 4`,
  )
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const type = types.get(bytes[2] as number)
  const rank = bytes[3] as number
  check(
    bytes[0] === 0 && bytes[1] === 0 && type !== undefined,
    () => `${name}: not an IDX file (its first bytes are ${[...bytes.subarray(0, 4)].join(' ')})`,
  )
  const start = 4 + 4 * rank
  check(
    bytes.length >= start,
    () => `${name}: ends within the IDX header (${bytes.length} bytes, ${rank} axes need ${start})`,
  )
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis))
  const length = shape.reduce((product, size) => product * size, 1)
  const expected = start + length * type.bytes
  check(
    bytes.length === expected,
    () =>
      `${name}: ${bytes.length} bytes, but its header says ${type.dtype} [${shape}], which needs ${expected}`,
  )
  return { data: type.read(view, start, length), shape, dtype: type.dtype }
}
