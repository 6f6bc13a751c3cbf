/**
 * Tiny texts in the formats that `--data` takes.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A folder of `count` texts of a few sentences, all of one kind. */
export function putTexts(folder: string, count: number): string {
  mkdirSync(folder, { recursive: true })
  for (let i = 0; i < count; i++) {
    const lines = Array.from({ length: 12 }, (_, line) => {
      const animal = ['cat', 'dog', 'hen'][(i + line) % 3]
      return `The ${animal} number ${i} sat on the mat, and the ${animal} slept.`
    })
    writeFileSync(join(folder, `${String(i).padStart(3, '0')}.txt`), `${lines.join('\n')}\n`)
  }
  return folder
}

/** Packs as Unix compress does, without the header: codes of 9 bits and more, in groups of eight of one width. */
export function packCompressed(bytes: Uint8Array): Uint8Array {
  const bits: number[] = []
  const table = new Map<string, number>()
  let entries = 257
  let width = 9
  let groupStart = 0
  const put = (code: number): void => {
    for (let bit = 0; bit < width; bit++) bits.push((code >> bit) & 1)
  }
  const codeOf = (text: string): number =>
    text.length === 1 ? text.charCodeAt(0) : (table.get(text) as number)
  let text = ''
  for (const byte of bytes) {
    const longer = text + String.fromCharCode(byte)
    if (longer.length === 1 || table.has(longer)) {
      text = longer
      continue
    }
    put(codeOf(text))
    // Before the new entry is made, for the reader knows it one code later.
    if (entries >= 2 ** width && width < 16) {
      while ((bits.length - groupStart) % (8 * width) !== 0) bits.push(0)
      groupStart = bits.length
      width++
    }
    if (entries < 2 ** 16) table.set(longer, entries++)
    text = String.fromCharCode(byte)
  }
  if (text !== '') put(codeOf(text))
  const packed = new Uint8Array(Math.ceil(bits.length / 8))
  for (const [i, bit] of bits.entries()) packed[i >> 3]! |= bit << (i & 7)
  return packed
}

/** A file as the Debian package bible-kjv-text has it: a head, and windows packed by themselves. */
export function packVerses(text: string, window: number): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  const windows: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += window) {
    windows.push(packCompressed(bytes.subarray(at, at + window)))
  }
  const head = new Uint8Array(0x5c + 4 * (windows.length + 1) + 3)
  head.set(new TextEncoder().encode('EC02Compressed Data File'))
  const view = new DataView(head.buffer)
  view.setUint32(0x54, window)
  view.setUint32(0x58, windows.length)
  let at = head.length
  for (const [i, { length }] of windows.entries()) {
    view.setUint32(0x5c + 4 * i, at)
    at += length
  }
  view.setUint32(0x5c + 4 * windows.length, at)
  return Buffer.concat([head, ...windows])
}
