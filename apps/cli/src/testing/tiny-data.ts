/**
 * Tiny data sets in the formats that `--data` takes: images of 8 by 8, half of them white above, half white below.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeNpy } from '@winnow/core'
import sharp from 'sharp'

const SIDE = 8

/** Item `i` as 64 bytes. */
function image(i: number): Uint8Array {
  const above = i % 2 === 0
  return Uint8Array.from({ length: SIDE * SIDE }, (_, p) => {
    const upper = p < (SIDE * SIDE) / 2
    return upper === above ? 255 - (i % 16) : i % 16
  })
}

function images(count: number): Uint8Array {
  const all = new Uint8Array(count * SIDE * SIDE)
  for (let i = 0; i < count; i++) all.set(image(i), i * SIDE * SIDE)
  return all
}

/** An IDX file of `count` images. */
export function putIdx(path: string, count: number): string {
  const header = new DataView(new ArrayBuffer(16))
  for (const [i, value] of [0x803, count, SIDE, SIDE].entries()) header.setUint32(4 * i, value)
  writeFileSync(path, Buffer.concat([new Uint8Array(header.buffer), images(count)]))
  return path
}

/** An NPY file of `count` images. */
export function putNpy(path: string, count: number): string {
  writeFileSync(path, writeNpy({ data: images(count), shape: [count, SIDE, SIDE] }))
  return path
}

/** A CSV file of `count` rows of four numbers in [0, 1], or what `cell` makes of one. */
export function putCsv(
  path: string,
  count: number,
  cell: (row: number, column: number) => string = (row, column) => String((row + column) % 2),
): string {
  const rows = Array.from({ length: count }, (_, row) =>
    [0, 1, 2, 3].map((column) => cell(row, column)).join(),
  )
  writeFileSync(path, `a,b,c,d\n${rows.join('\n')}\n`)
  return path
}

/** A folder of `count` PNG images in two classes, one a subfolder. */
export async function putClasses(path: string, count: number): Promise<string> {
  for (let i = 0; i < count; i++) {
    const folder = join(path, i % 2 === 0 ? 'even' : 'odd')
    mkdirSync(folder, { recursive: true })
    await sharp(image(i), { raw: { width: SIDE, height: SIDE, channels: 1 } }).toFile(
      join(folder, `${String(i).padStart(3, '0')}.png`),
    )
  }
  return path
}

/** A folder of `count` PNG files. */
export async function putFolder(path: string, count: number): Promise<string> {
  mkdirSync(path, { recursive: true })
  for (let i = 0; i < count; i++) {
    await sharp(image(i), { raw: { width: SIDE, height: SIDE, channels: 1 } }).toFile(
      join(path, `${String(i).padStart(3, '0')}.png`),
    )
  }
  return path
}
