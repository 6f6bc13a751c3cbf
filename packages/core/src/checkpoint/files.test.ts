import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WinnowError } from '../error.ts'
import { readFileBytes, readFilePart, writeFileAtomic } from './files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-'))
})
afterEach(async () => {
  vi.unstubAllGlobals()
  await rm(folder, { recursive: true })
})

describe('files', () => {
  it('writes, makes folders, replaces, reads, and leaves nothing else', async () => {
    const path = join(folder, 'a', 'b', 'file.bin')
    await writeFileAtomic(path, Uint8Array.of(1, 2, 3))
    await writeFileAtomic(path, Uint8Array.of(4))
    expect([...(await readFileBytes(path))]).toEqual([4])
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['file.bin'])
  })

  it('reads a part of a file, or as much of it as there is', async () => {
    const path = join(folder, 'file.bin')
    await writeFile(path, Uint8Array.of(1, 2, 3, 4, 5))
    const part = async (begin: number, end: number) => [...(await readFilePart(path, begin, end))]
    expect(await part(1, 3)).toEqual([2, 3])
    expect(await part(3, 2 ** 40)).toEqual([4, 5])
    expect(await part(9, 12)).toEqual([])
    await expect(readFilePart(join(folder, 'none'), 0, 1)).rejects.toThrow(
      /none: cannot be read: there is no such file or folder/,
    )
  })

  it('keeps the old file when a write fails', async () => {
    const path = join(folder, 'file.bin')
    await writeFile(path, 'old')
    const broken = 5 as unknown as Uint8Array
    await expect(writeFileAtomic(path, broken)).rejects.toThrow(WinnowError)
    expect(new TextDecoder().decode(await readFileBytes(path))).toBe('old')
    expect(await readdir(folder)).toEqual(['file.bin'])
  })

  it('says what is wrong in words', async () => {
    const missing = join(folder, 'none.bin')
    await expect(readFileBytes(missing)).rejects.toThrow(WinnowError)
    await expect(readFileBytes(missing)).rejects.toThrow(
      /none\.bin: cannot be read: there is no such file/,
    )
    await expect(readFileBytes(folder)).rejects.toThrow(/it is a folder/)
    await writeFile(join(folder, 'file'), '')
    await expect(writeFileAtomic(join(folder, 'file', 'below'), new Uint8Array(1))).rejects.toThrow(
      /cannot be written: a part of the path is a file/,
    )
    await expect(writeFileAtomic(folder, new Uint8Array(1))).rejects.toThrow(/cannot be written/)
  })

  it('names the way out in a browser', async () => {
    vi.stubGlobal('process', undefined)
    await expect(readFileBytes('a.bin')).rejects.toThrow(/no files in a browser/)
    await expect(writeFileAtomic('a.bin', new Uint8Array(1))).rejects.toThrow(
      /no files in a browser/,
    )
  })
})
