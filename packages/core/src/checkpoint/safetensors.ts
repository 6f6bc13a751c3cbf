/**
 * The safetensors format (Hugging Face, 2022): the header's length as little-endian uint64, a JSON header
 * `{ name: { dtype, shape, data_offsets: [begin, end] }, __metadata__: { key: text } }`, then the tensors' bytes,
 * little-endian, without gaps. Whatever else comes is refused: a broken file never loads halfway.
 */
import { check, WinnowError } from '../error.ts'
import { isSafetensorsType, type SafetensorsType, storageTypes } from './storage.ts'

/** A typed array that a checkpoint may hold; F16 and BF16 are float32 in memory, BOOL is bytes of 0 and 1. */
export type CheckpointData =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array

/** A tensor of a checkpoint. */
export interface CheckpointTensor {
  /** How it is stored. */
  readonly dtype: SafetensorsType
  readonly shape: readonly number[]
  readonly data: CheckpointData
}

/** A whole safetensors file. */
export interface Safetensors {
  /** By name, in the order of their bytes in the file. */
  readonly tensors: Map<string, CheckpointTensor>
  readonly metadata: Readonly<Record<string, string>>
}

const largestHeader = 100_000_000
const metadataKey = '__metadata__'

interface Entry {
  readonly name: string
  readonly dtype: SafetensorsType
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/**
 * Reads a safetensors file; the values are copied out of `bytes`.
 * @param options.name what errors call the file
 * @throws WinnowError when anything in the file is not as the format wants it
 */
export function parseSafetensors(
  bytes: Uint8Array,
  options: { readonly name?: string } = {},
): Safetensors {
  const { name: file = 'safetensors file' } = options
  const fail = (text: string) => new WinnowError(`${file}: ${text}`)
  if (bytes.length < 8) throw fail(`${bytes.length} bytes, expected at least 8`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerLength = Number(view.getBigUint64(0, true))
  if (headerLength > largestHeader) {
    throw fail(
      `not a safetensors file, or a broken one: a header of ${headerLength} bytes, at most ${largestHeader} expected`,
    )
  }
  const start = 8 + headerLength
  if (start > bytes.length) {
    throw fail(`cut off: ${bytes.length} bytes, but its header alone takes ${start}`)
  }
  const header = parseHeader(bytes.subarray(8, start), fail)
  const metadata = parseMetadata(header[metadataKey], fail)
  const entries = Object.entries(header)
    .filter(([name]) => name !== metadataKey)
    .map(([name, value]) => parseEntry(name, value, fail))
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
  let position = 0
  for (const { name, begin, end } of entries) {
    if (begin !== position) {
      throw fail(
        `tensor '${name}' begins at byte ${begin} of the data, expected ${position}: a gap or an overlap`,
      )
    }
    position = end
  }
  if (start + position !== bytes.length) {
    throw fail(`${bytes.length} bytes, but its header describes ${start + position}`)
  }
  const tensors = new Map<string, CheckpointTensor>()
  for (const { name, dtype, shape, begin, end } of entries) {
    const data = storageTypes[dtype].read(bytes.slice(start + begin, start + end))
    tensors.set(name, { dtype, shape, data })
  }
  return { tensors, metadata }
}

/**
 * Writes a safetensors file: widest element type first, then by name, so that every tensor is aligned and the same
 * tensors always give the same bytes.
 * @param metadata any text by key
 * @throws WinnowError when a shape does not fit its values, or the values do not fit the type
 */
export function writeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: CheckpointTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      storageTypes[b.dtype].bytes - storageTypes[a.dtype].bytes || (nameA < nameB ? -1 : 1),
  )
  const header = new Map<string, unknown>()
  if (Object.keys(metadata).length > 0) header.set(metadataKey, metadata)
  const parts: Uint8Array[] = []
  let position = 0
  for (const [name, { dtype, shape, data }] of sorted) {
    const length = shape.reduce((product, size) => product * size, 1)
    check(
      !header.has(name) && name !== metadataKey,
      () => `tensors: the name '${name}' came twice, or is kept for metadata`,
    )
    check(
      isSafetensorsType(dtype),
      () =>
        `tensors: '${name}' has dtype '${dtype}', expected one of ${Object.keys(storageTypes).join(', ')}`,
    )
    check(
      length === data.length,
      () => `tensors: '${name}' has ${data.length} values and shape [${shape}]`,
    )
    const bytes = storageTypes[dtype].write(data)
    if (bytes === undefined) {
      throw new WinnowError(
        `tensors: '${name}' is to be stored as ${dtype}, but a ${data.constructor.name} came`,
      )
    }
    header.set(name, { dtype, shape, data_offsets: [position, position + bytes.length] })
    parts.push(bytes)
    position += bytes.length
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)))
  const headerLength = Math.ceil(text.length / 8) * 8
  check(
    headerLength <= largestHeader,
    () => `tensors: a header of ${headerLength} bytes, at most ${largestHeader} fit`,
  )
  const out = new Uint8Array(8 + headerLength + position).fill(0x20, 8, 8 + headerLength)
  new DataView(out.buffer).setBigUint64(0, BigInt(headerLength), true)
  out.set(text, 8)
  let offset = 8 + headerLength
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

type Fail = (text: string) => WinnowError

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw fail('not a safetensors file, or a broken one: its header is not JSON')
  }
  if (!isRecord(header)) throw fail('its header is not a JSON object')
  return header
}

function parseMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (value === undefined) return {}
  if (!isRecord(value) || !Object.values(value).every((entry) => typeof entry === 'string')) {
    throw fail(`${metadataKey} is not an object of texts`)
  }
  return value as Record<string, string>
}

function parseEntry(name: string, value: unknown, fail: Fail): Entry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {}
  if (typeof dtype !== 'string' || !isSafetensorsType(dtype)) {
    throw fail(
      `tensor '${name}' has dtype ${JSON.stringify(dtype)}, expected one of ${Object.keys(storageTypes).join(', ')}`,
    )
  }
  if (!isSizes(shape)) throw fail(`tensor '${name}' has no shape of whole numbers`)
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw fail(`tensor '${name}' has no data_offsets [begin, end]`)
  }
  const [begin, end] = offsets as [number, number]
  const expected = shape.reduce((product, size) => product * size, storageTypes[dtype].bytes)
  if (end - begin !== expected) {
    throw fail(
      `tensor '${name}' has ${end - begin} bytes, but ${dtype} [${shape}] needs ${expected}`,
    )
  }
  return { name, dtype, shape, begin, end }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}
