/**
 * A reader of zip files (PKWARE, 1989), as far as files of weights need it: the central directory, entries that are stored
 * or deflated, and their checksums. No encryption, no archives in parts, none beyond 4 GiB.
 */
import { check, WinnowError } from '@winnow/core'

/** One file inside. */
export interface ZipEntry {
  readonly name: string
  /** Bytes when unpacked. */
  readonly size: number
  readonly packed: number
  readonly method: number
  readonly checksum: number
  /** The place of its own header. */
  readonly offset: number
}

/** An archive whose directory has been read. */
export interface ZipFile {
  readonly entries: ReadonlyMap<string, ZipEntry>
  /** @throws WinnowError when there is no such entry, or it is broken */
  read(name: string): Promise<Uint8Array>
}

const END = 0x06054b50
const DIRECTORY = 0x02014b50
const LOCAL = 0x04034b50
const STORED = 0
const DEFLATED = 8
/** Deflate gives at most so many bytes for one. */
const DEFLATE_MOST = 1032

/** Whether bytes begin as a zip file does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === LOCAL
}

/**
 * Reads the directory alone.
 * @param file what errors call it
 * @throws WinnowError when it is no zip file, is cut off, or declares what cannot be
 */
export function openZip(bytes: Uint8Array, file: string): ZipFile {
  const view = viewOf(bytes)
  const end = endOf(view, file)
  const count = view.getUint16(end + 10, true)
  let at = view.getUint32(end + 16, true)
  const entries = new Map<string, ZipEntry>()
  for (let i = 0; i < count; i++) {
    check(
      at + 46 <= end && view.getUint32(at, true) === DIRECTORY,
      () => `${file}: the zip file's directory is broken at entry ${i}`,
    )
    const nameLength = view.getUint16(at + 28, true)
    const after = at + 46 + nameLength
    check(after <= end, () => `${file}: the zip file's directory is broken at entry ${i}`)
    const name = new TextDecoder().decode(bytes.subarray(at + 46, after))
    const entry = {
      name,
      size: view.getUint32(at + 24, true),
      packed: view.getUint32(at + 20, true),
      method: view.getUint16(at + 10, true),
      checksum: view.getUint32(at + 16, true),
      offset: view.getUint32(at + 42, true),
    }
    const flags = view.getUint16(at + 8, true)
    check((flags & 1) === 0, () => `${file}: '${name}' is encrypted`)
    check(!entries.has(name), () => `${file}: '${name}' is there twice`)
    checkSizes(entry, bytes.length, file)
    entries.set(name, entry)
    at = after + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  }
  return {
    entries,
    async read(name) {
      const entry = entries.get(name)
      check(entry !== undefined, () => `${file}: has no '${name}' inside`)
      const packed = packedBytes(bytes, entry, file)
      const content =
        entry.method === STORED ? packed : await inflate(packed, entry.size, `${file}: '${name}'`)
      check(
        content.length === entry.size && checksumOf(content) === entry.checksum,
        () => `${file}: '${name}' is broken: its checksum is not that of the directory`,
      )
      return content
    },
  }
}

/** The place of the last record, which a comment of up to 64 KiB may follow. */
function endOf(view: DataView, file: string): number {
  const least = Math.max(0, view.byteLength - 22 - 65_535)
  for (let at = view.byteLength - 22; at >= least; at--) {
    if (view.getUint32(at, true) === END) return at
  }
  throw new WinnowError(`${file}: not a zip file, or cut off: it has no directory at its end`)
}

function checkSizes(
  { name, size, packed, method, offset }: ZipEntry,
  length: number,
  file: string,
) {
  check(
    method === STORED || method === DEFLATED,
    () => `${file}: '${name}' is packed by method ${method}, expected stored or deflated`,
  )
  const most = method === STORED ? packed : packed * DEFLATE_MOST
  check(
    offset + 30 + packed <= length && size <= most,
    () => `${file}: '${name}' declares ${size} bytes in ${packed}, which the file does not hold`,
  )
}

/** The bytes after the entry's own header, whose name and extra field have lengths of their own. */
function packedBytes(bytes: Uint8Array, entry: ZipEntry, file: string): Uint8Array {
  const { name, offset, packed } = entry
  const view = viewOf(bytes)
  check(view.getUint32(offset, true) === LOCAL, () => `${file}: '${name}' has no header`)
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true)
  check(start + packed <= bytes.length, () => `${file}: '${name}' is cut off`)
  return bytes.subarray(start, start + packed)
}

/** Unpacks by the platform's own decoder, and stops at the size that was declared. */
async function inflate(packed: Uint8Array, size: number, what: string): Promise<Uint8Array> {
  const reader = new Blob([packed as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('deflate-raw'))
    .getReader()
  const out = new Uint8Array(size)
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (length + value.length > size) {
        await reader.cancel()
        break
      }
      out.set(value, length)
      length += value.length
    }
  } catch (error) {
    throw new WinnowError(`${what} is cut off or broken`, { cause: error })
  }
  return out.subarray(0, length)
}

let table: Uint32Array | undefined

/** CRC-32 (polynomial 0xEDB88320). */
export function checksumOf(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    return value
  })
  let sum = 0xffffffff
  for (let i = 0; i < bytes.length; i++) {
    sum = (sum >>> 8) ^ (table[(sum ^ (bytes[i] as number)) & 0xff] as number)
  }
  return (sum ^ 0xffffffff) >>> 0
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
