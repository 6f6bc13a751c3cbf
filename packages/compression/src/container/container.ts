/**
 * The file that compressed pictures and sounds lie in:
 *
 *     8 bytes   magic: 89 57 4E 57 0D 0A 1A 0A ("WNW" between what shows a file mangled as text, as PNG has it)
 *     1         version
 *     1         kind: 1 picture, 2 sound
 *     1 + n     the model's name, in UTF-8
 *     8         the fingerprint of its weights
 *     varint    number of fields, then each as a varint: sizes and the like, by kind
 *     varint    number of parts, then the length of each as a varint
 *     ...       the parts
 *     4         CRC-32 of everything before it, little-endian
 *
 * A varint has 7 bits in each byte, the lowest first, and the 8th bit set in all bytes but the last.
 */
import { check, WinnowError } from '@winnow/core'
import { crc32 } from './checksum.ts'

const MAGIC = [0x89, 0x57, 0x4e, 0x57, 0x0d, 0x0a, 0x1a, 0x0a]
const VERSION = 1
/** What a file holds. */
export type ContainerKind = 'image' | 'sound'

const KINDS: readonly ContainerKind[] = ['image', 'sound']

/** The model that a file was written by. */
export interface ModelMark {
  /** Up to 255 bytes. */
  readonly name: string
  /** 16 hexadecimal digits. */
  readonly fingerprint: string
}

/** A file's content. */
export interface Container {
  readonly kind: ContainerKind
  readonly model: ModelMark
  /** Whole numbers from 0 to 2^32 - 1. */
  readonly fields: readonly number[]
  readonly parts: readonly Uint8Array[]
}

/** More fields than any kind has are refused. */
const MOST_FIELDS = 64

/** @throws WinnowError for what the format cannot hold */
export function writeContainer({ kind, model, fields, parts }: Container): Uint8Array {
  const name = new TextEncoder().encode(model.name)
  check(
    name.length > 0 && name.length < 256,
    () => `container: a model's name of ${name.length} bytes came, expected 1 to 255`,
  )
  check(
    /^[0-9a-f]{16}$/.test(model.fingerprint),
    () => `container: fingerprint '${model.fingerprint}' came, expected 16 hexadecimal digits`,
  )
  check(
    fields.length <= MOST_FIELDS,
    () => `container: ${fields.length} fields came, expected at most ${MOST_FIELDS}`,
  )
  const head = [...MAGIC, VERSION, KINDS.indexOf(kind) + 1, name.length, ...name]
  for (let i = 0; i < 16; i += 2) head.push(Number.parseInt(model.fingerprint.slice(i, i + 2), 16))
  putVarint(head, fields.length)
  for (const field of fields) putVarint(head, field)
  putVarint(head, parts.length)
  for (const { length } of parts) putVarint(head, length)
  const size = parts.reduce((sum, { length }) => sum + length, head.length + 4)
  const bytes = new Uint8Array(size)
  bytes.set(head)
  let at = head.length
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  new DataView(bytes.buffer).setUint32(at, crc32(bytes.subarray(0, at)), true)
  return bytes
}

/**
 * The content of a file. Parts are views of `bytes`.
 *
 * @throws WinnowError in words for bytes that are no such file, are damaged or truncated, or of a newer version
 */
export function readContainer(bytes: Uint8Array): Container {
  check(
    bytes.length >= MAGIC.length && MAGIC.every((byte, i) => bytes[i] === byte),
    () => 'file: it is not one that was compressed by Winnow',
  )
  const cursor = new Cursor(bytes, MAGIC.length)
  const version = cursor.byte()
  check(
    version <= VERSION,
    () =>
      `file: it is of version ${version}, newer than ${VERSION}, the newest that this program reads: update it`,
  )
  const end = bytes.length - 4
  check(end > cursor.at && version > 0, damaged)
  const stored = new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0, true)
  check(crc32(bytes.subarray(0, end)) === stored, damaged)
  const kind = KINDS[cursor.byte() - 1]
  check(kind !== undefined, damaged)
  const name = text(cursor.bytes(cursor.byte()))
  const fingerprint = Array.from(cursor.bytes(8), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
  const count = cursor.varint()
  check(name.length > 0 && count <= MOST_FIELDS, damaged)
  const fields = Array.from({ length: count }, () => cursor.varint())
  const lengths: number[] = []
  const parts = cursor.varint()
  // Each length takes a byte at least.
  check(parts <= end - cursor.at, damaged)
  for (let i = 0; i < parts; i++) lengths.push(cursor.varint())
  const out = lengths.map((length) => cursor.bytes(length))
  check(cursor.at === end, damaged)
  return { kind, model: { name, fingerprint }, fields, parts: out }
}

/**
 * @throws WinnowError unless the file was written by this model
 */
export function checkModel({ model }: Pick<Container, 'model'>, own: ModelMark): void {
  check(
    model.name === own.name,
    () => `file: it was compressed by a ${model.name}, and this model is a ${own.name}`,
  )
  check(
    model.fingerprint === own.fingerprint,
    () =>
      `file: it was compressed by a ${model.name} with other weights (${model.fingerprint}; these are ${own.fingerprint})`,
  )
}

/** What is said of damage, wherever it shows. */
export function damaged(): string {
  return 'file: it is damaged or truncated'
}

class Cursor {
  at: number
  readonly #bytes: Uint8Array
  readonly #end: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#end = bytes.length - 4
    this.at = at
  }

  byte(): number {
    check(this.at < this.#end, damaged)
    return this.#bytes[this.at++] as number
  }

  bytes(length: number): Uint8Array {
    check(length <= this.#end - this.at, damaged)
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  varint(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 35; scale *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        check(value < 2 ** 32, damaged)
        return value
      }
    }
    throw new WinnowError(damaged())
  }
}

function putVarint(bytes: number[], value: number): void {
  check(
    Number.isInteger(value) && value >= 0 && value < 2 ** 32,
    () => `container: ${value} came, expected a whole number from 0 to 2^32 - 1`,
  )
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  bytes.push(rest)
}

function text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new WinnowError(damaged())
  }
}
