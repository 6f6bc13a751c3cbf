/**
 * Hostile files for the reader of containers: as they come, and with a checksum that fits, so that what lies behind it is met.
 */
import { getHeapStatistics } from 'node:v8'
import { Rng } from '@winnow/core'
import { type FuzzResult, fuzzReader } from '@winnow/core/testing'
import { crc32 } from '../checksum.ts'
import { readContainer, writeContainer } from '../container.ts'

const model = { name: 'Codec', fingerprint: '0123456789abcdef' }
const part = (length: number): Uint8Array =>
  Uint8Array.from(new Rng(length).uniformValues(length, 0, 256), Math.floor)
const files = [
  writeContainer({ kind: 'image', model, fields: [30, 20, 3, 8], parts: [part(40), part(200)] }),
  writeContainer({
    kind: 'sound',
    model,
    fields: [44_100],
    parts: Array.from({ length: 40 }, () => part(3)),
  }),
  writeContainer({ kind: 'image', model, fields: [], parts: [] }),
]

/** Reads spoiled files, which must end in a container or in words. */
export function fuzzContainer(
  cases: number,
  { seed, checksum }: { readonly seed: number; readonly checksum: 'as it is' | 'mended' },
): Promise<FuzzResult> {
  return fuzzReader({
    files,
    read: (bytes) => readContainer(checksum === 'mended' ? mended(bytes) : bytes),
    cases,
    seed,
    memory: () => getHeapStatistics().external_memory,
  })
}

/** The bytes with the checksum that belongs to them in the last four. */
export function mended(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes
  const out = new Uint8Array(bytes)
  const end = out.length - 4
  new DataView(out.buffer).setUint32(end, crc32(out.subarray(0, end)), true)
  return out
}
