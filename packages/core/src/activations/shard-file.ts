/**
 * One shard: a safetensors file with the tensor `activations` `[rows, width]`, of which any rows can be read alone.
 */
import { writeSafetensors } from '../checkpoint/safetensors.ts'
import { check, WinnowError } from '../error.ts'
import type { ActivationType } from './index-file.ts'
import { type ActivationStore, fileName } from './store.ts'
import { bytesOf, fillFromFile, firstNonFinite, type StoredRows } from './stored-rows.ts'

const tensorName = 'activations'
const storageNames = { float16: 'F16', float32: 'F32' } as const

/** The bytes of a shard of `data` `[rows, width]`. */
export function shardBytes(data: Float32Array, width: number, dtype: ActivationType): Uint8Array {
  const shape = [data.length / width, width]
  return writeSafetensors([[tensorName, { dtype: storageNames[dtype], shape, data }]])
}

/** A shard whose header has been read and fits. */
export interface OpenShard {
  readonly file: string
  readonly rows: number
  /** The place of the first value in the file. */
  readonly start: number
}

/**
 * Reads the header alone and checks the file's size against it.
 * @throws WinnowError, naming the file, when it is missing, no safetensors, cut off, or of other rows, width or dtype
 */
export async function openShard(
  store: ActivationStore,
  shard: { readonly file: string; readonly rows: number },
  expected: { readonly width: number; readonly dtype: ActivationType },
): Promise<OpenShard> {
  const { file, rows } = shard
  const { width, dtype } = expected
  const name = fileName(store, file)
  const length = await store.read(file, 0, 8)
  check(length !== undefined, () => `${name}: the shard is missing`)
  check(length.length === 8, () => `${name}: cut off, ${length.length} bytes`)
  const headerLength = Number(
    new DataView(length.buffer, length.byteOffset, 8).getBigUint64(0, true),
  )
  // Of one tensor with a short name; whatever is longer is another file.
  check(headerLength <= 65_536, () => `${name}: not a shard of activations, or a broken one`)
  const start = 8 + headerLength
  const header = (await store.read(file, 0, start)) ?? new Uint8Array()
  check(header.length === start, () => `${name}: cut off in its header`)
  const { shape, type } = tensorOf(header, name)
  check(
    type === storageNames[dtype],
    () => `${name}: holds ${type}, expected ${storageNames[dtype]} (${dtype}) as in the index`,
  )
  check(
    shape[1] === width,
    () => `${name}: rows of ${shape[1]} values came, expected ${width} as in the index`,
  )
  check(
    shape[0] === rows,
    () => `${name}: holds ${shape[0]} rows, expected ${rows} as in the index`,
  )
  const size = start + rows * width * bytesOf(dtype)
  const end = (await store.read(file, size - 1, size + 1)) ?? new Uint8Array()
  check(
    end.length === 1,
    () =>
      `${name}: ${end.length === 0 ? 'cut off' : 'too long'}, expected ${size} bytes for ${rows} rows`,
  )
  return { file, rows, start }
}

/** Shape and type of the one tensor; a file without data says it all, and is checked as any other. */
function tensorOf(header: Uint8Array, name: string): { shape: readonly number[]; type: string } {
  let entry: { shape?: unknown; dtype?: unknown; data_offsets?: unknown } | undefined
  try {
    const parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header.subarray(8)))
    if (Object.keys(parsed).every((key) => key === tensorName || key === '__metadata__')) {
      entry = parsed[tensorName]
    }
  } catch (error) {
    throw new WinnowError(`${name}: not a shard of activations, or a broken one`, { cause: error })
  }
  const { shape, dtype, data_offsets: offsets } = entry ?? {}
  check(
    Array.isArray(shape) && shape.length === 2 && typeof dtype === 'string' && isZero(offsets),
    () => `${name}: holds no tensor '${tensorName}' of shape [rows, width] alone`,
  )
  return { shape, type: dtype }
}

function isZero(offsets: unknown): boolean {
  return Array.isArray(offsets) && offsets[0] === 0
}

/**
 * Rows `begin` up to `end` of a shard, written to `into`.
 * @throws WinnowError, naming the file and the row, when the file has become shorter or a value is NaN or infinite
 */
export async function readRows(
  store: ActivationStore,
  shard: OpenShard,
  range: { readonly begin: number; readonly end: number; readonly width: number },
  into: StoredRows,
): Promise<void> {
  const { begin, end, width } = range
  const rowBytes = width * into.BYTES_PER_ELEMENT
  const first = shard.start + begin * rowBytes
  const expected = (end - begin) * rowBytes
  const bytes = await store.read(shard.file, first, first + expected)
  const name = fileName(store, shard.file)
  check(bytes !== undefined, () => `${name}: the shard is missing`)
  check(
    bytes.length === expected,
    () => `${name}: cut off, rows ${begin} to ${end - 1} are not there`,
  )
  fillFromFile(into, bytes)
  const bad = firstNonFinite(into)
  check(
    bad < 0,
    () =>
      `${name}: value ${bad % width} of row ${begin + Math.floor(bad / width)} is NaN or infinite`,
  )
}
