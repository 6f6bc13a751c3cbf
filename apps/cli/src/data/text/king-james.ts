/**
 * The King James Bible, 1611 (in the public domain), from the Debian package bible-kjv-text: its text in windows of 64 KB,
 * each packed by itself.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { check, readFileBytes } from '@winnow/core'
import { fetchDebianPackage } from '../debian.ts'
import { uncompress } from './compressed.ts'
import type { TextDocument } from './split-texts.ts'

const PACKAGE = 'bible-kjv-text'
const FILE = 'usr/lib/bible.data'
/** The file begins with these letters; behind them the number of windows, and where each begins. */
const MAGIC = 'EC02Compressed Data File'
const COUNT_AT = 0x58

/** The chapters, one verse a line. */
export async function loadKingJames(
  options: { readonly cache?: string } = {},
): Promise<readonly TextDocument[]> {
  const installed = `/${FILE}`
  const path = existsSync(installed)
    ? installed
    : join(await fetchDebianPackage(PACKAGE, options), FILE)
  return chapters(readVerses(await readFileBytes(path), path), path)
}

/**
 * The lines of the file: `Ge1:1 In the beginning...`, a title first.
 * @throws WinnowError when it is another file, or broken
 */
export function readVerses(bytes: Uint8Array, path: string): readonly string[] {
  const text = new TextDecoder('latin1')
  check(
    bytes.length > COUNT_AT + 8 && text.decode(bytes.subarray(0, MAGIC.length)) === MAGIC,
    () => `${path}: not the data of ${PACKAGE}`,
  )
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = view.getUint32(COUNT_AT)
  const startsAt = COUNT_AT + 4
  check(
    count < 2 ** 16 && startsAt + 4 * (count + 1) <= bytes.length,
    () => `${path}: ${count} windows came, more than the file can hold`,
  )
  const starts = Array.from({ length: count + 1 }, (_, i) => view.getUint32(startsAt + 4 * i))
  const windows = starts.slice(1).map((end, i) => {
    const start = starts[i] as number
    check(
      start <= end && end <= bytes.length,
      () => `${path}: window ${i} is from ${start} to ${end} of ${bytes.length} bytes`,
    )
    return text.decode(uncompress(bytes.subarray(start, end), path))
  })
  return windows.join('').split('\n').slice(1)
}

function chapters(verses: readonly string[], path: string): readonly TextDocument[] {
  const texts = new Map<string, string[]>()
  for (const line of verses) {
    const found = /^(.+?\d+):\d+ (.+)$/.exec(line)
    if (found === null) continue
    const [, chapter, verse] = found as unknown as [string, string, string]
    const known = texts.get(chapter)
    if (known === undefined) texts.set(chapter, [verse])
    else known.push(verse)
  }
  check(texts.size > 0, () => `${path}: no verses there`)
  return [...texts].map(([group, lines]) => ({ group, text: lines.join('\n') }))
}
