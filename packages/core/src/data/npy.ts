/**
 * NPY files (NumPy, format versions 1 to 3): `\x93NUMPY`, the version, the header's length, a Python dict
 * `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, then the values.
 */
import { check, WinnowError } from '../error.ts'
import {
  checkArray,
  type FileArray,
  type FileData,
  type FileDataType,
  sizeOf,
} from './host-array.ts'

type Kind = 'f4' | 'f8' | 'u1' | 'u2' | 'u4' | 'i1' | 'i2' | 'i4' | 'i8' | 'b1'

interface NpyType {
  readonly dtype: FileDataType
  readonly bytes: number
  read(view: DataView, offset: number, littleEndian: boolean): number | bigint
  make(length: number): FileData
}

const npyTypes: Readonly<Record<Kind, NpyType>> = {
  f4: {
    dtype: 'float32',
    bytes: 4,
    read: (v, o, l) => v.getFloat32(o, l),
    make: (n) => new Float32Array(n),
  },
  f8: {
    dtype: 'float64',
    bytes: 8,
    read: (v, o, l) => v.getFloat64(o, l),
    make: (n) => new Float64Array(n),
  },
  u1: { dtype: 'uint8', bytes: 1, read: (v, o) => v.getUint8(o), make: (n) => new Uint8Array(n) },
  u2: {
    dtype: 'uint16',
    bytes: 2,
    read: (v, o, l) => v.getUint16(o, l),
    make: (n) => new Uint16Array(n),
  },
  u4: {
    dtype: 'uint32',
    bytes: 4,
    read: (v, o, l) => v.getUint32(o, l),
    make: (n) => new Uint32Array(n),
  },
  i1: { dtype: 'int8', bytes: 1, read: (v, o) => v.getInt8(o), make: (n) => new Int8Array(n) },
  i2: {
    dtype: 'int16',
    bytes: 2,
    read: (v, o, l) => v.getInt16(o, l),
    make: (n) => new Int16Array(n),
  },
  i4: {
    dtype: 'int32',
    bytes: 4,
    read: (v, o, l) => v.getInt32(o, l),
    make: (n) => new Int32Array(n),
  },
  i8: {
    dtype: 'int64',
    bytes: 8,
    read: (v, o, l) => v.getBigInt64(o, l),
    make: (n) => new BigInt64Array(n),
  },
  b1: {
    dtype: 'bool',
    bytes: 1,
    read: (v, o) => (v.getUint8(o) === 0 ? 0 : 1),
    make: (n) => new Uint8Array(n),
  },
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/**
 * Reads an NPY file; the values are copied out of `bytes`, into row-major order.
 * @param options.name what errors call the file
 * @throws WinnowError when the file is not NPY, holds other than plain numbers, or is not as long as its header says
 */
export function parseNpy(bytes: Uint8Array, options: { readonly name?: string } = {}): FileArray {
  const { name = 'NPY file' } = options
  check(
    bytes.length >= 12 && magic.every((byte, i) => bytes[i] === byte),
    () => `${name}: not an NPY file (it does not begin with \\x93NUMPY)`,
  )
  const version = bytes[6] as number
  check(version >= 1 && version <= 3, () => `${name}: NPY version ${version}, expected 1 to 3`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = version === 1 ? 10 : 12
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  check(
    end <= bytes.length,
    () => `${name}: cut off: ${bytes.length} bytes, but its header alone takes ${end}`,
  )
  const header = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(
    bytes.subarray(start, end),
  )
  const { type, littleEndian, fortranOrder, shape } = parseHeader(header, name)
  const length = sizeOf(shape)
  const expected = end + length * type.bytes
  check(
    bytes.length === expected,
    () =>
      `${name}: ${bytes.length} bytes, but its header says ${type.dtype} [${shape}], which needs ${expected}`,
  )
  const data = type.make(length)
  for (let i = 0; i < length; i++) data[i] = type.read(view, end + i * type.bytes, littleEndian)
  return { data: fortranOrder ? toRowMajor(data, shape, type) : data, shape, dtype: type.dtype }
}

/**
 * Writes an NPY file (version 1), little-endian and row-major.
 * @param array its `dtype` need only be given to write bytes of 0 and 1 as 'bool'
 */
export function writeNpy(array: {
  readonly data: FileData
  readonly shape: readonly number[]
  readonly dtype?: FileDataType
}): Uint8Array {
  const { data, shape, dtype } = array
  checkArray('data', data, shape)
  const kind = kindOf(data, dtype)
  const { bytes } = npyTypes[kind]
  const order = bytes === 1 ? '|' : '<'
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const dict = `{'descr': '${order}${kind}', 'fortran_order': False, 'shape': ${tuple}, }`
  // Values begin at a multiple of 64, after a line feed.
  const headerLength = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10
  check(headerLength < 65536, () => `shape: ${shape.length} axes came, too many for an NPY header`)
  const out = new Uint8Array(10 + headerLength + data.length * bytes)
  out.set([...magic, 1, 0])
  const view = new DataView(out.buffer)
  view.setUint16(8, headerLength, true)
  out.set(new TextEncoder().encode(`${dict.padEnd(headerLength - 1)}\n`), 10)
  const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  out.set(source, 10 + headerLength)
  const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  for (let i = 10 + headerLength; !littleEndian && i < out.length; i += bytes) {
    out.subarray(i, i + bytes).reverse()
  }
  return out
}

function kindOf(data: FileData, dtype: FileDataType | undefined): Kind {
  const entry = Object.entries(npyTypes).find(([, type]) =>
    dtype === 'bool' ? type.dtype === 'bool' : type.make(0).constructor === data.constructor,
  )
  if (entry === undefined || npyTypes[entry[0] as Kind].bytes !== data.BYTES_PER_ELEMENT) {
    throw new WinnowError(
      `data: a ${data.constructor.name} came with dtype ${dtype ?? 'not given'}`,
    )
  }
  return entry[0] as Kind
}

interface Header {
  readonly type: NpyType
  readonly littleEndian: boolean
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
}

function parseHeader(header: string, name: string): Header {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1]
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1]
  const sizes = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header)?.[1]
  check(
    fortran !== undefined && sizes !== undefined,
    () => `${name}: its header is not that of an NPY file: ${JSON.stringify(header.slice(0, 100))}`,
  )
  const order = descr?.[0] ?? ''
  const kind = descr?.slice(1) ?? ''
  check(
    '<>|='.includes(order) && order !== '' && Object.hasOwn(npyTypes, kind),
    () =>
      `${name}: its values are ${descr === undefined ? 'records' : `'${descr}'`}, expected one of ${Object.keys(npyTypes).join(', ')}`,
  )
  const shape = sizes
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number)
  check(
    shape.length <= 64 && shape.every(Number.isSafeInteger),
    () => `${name}: its header says shape (${sizes.slice(0, 100)})`,
  )
  return {
    type: npyTypes[kind as Kind],
    littleEndian: order !== '>',
    fortranOrder: fortran === 'True',
    shape,
  }
}

/** Values whose first axis runs quickest, put in the order in which the last one does. */
function toRowMajor(data: FileData, shape: readonly number[], type: NpyType): FileData {
  const out = type.make(data.length)
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)))
  const place = shape.map(() => 0)
  let from = 0
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] as number
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = (place[axis] as number) + 1
      from += strides[axis] as number
      if ((place[axis] as number) < (shape[axis] as number)) break
      from -= (place[axis] as number) * (strides[axis] as number)
      place[axis] = 0
    }
  }
  return out
}
