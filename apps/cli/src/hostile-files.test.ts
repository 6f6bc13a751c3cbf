import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { loadImageFolder } from './data/image-folder.ts'
import { fuzzImages, fuzzRunJson } from './testing/fuzz-runs.ts'

// Many more of each in hostile-files.fuzz.slow.test.ts.
describe('hostile files', () => {
  it('images are read or refused in words', async () => {
    const { read, refused } = await fuzzImages(200, 1)
    expect(read).toBeGreaterThan(10)
    expect(refused).toBeGreaterThan(50)
  })

  it('a JPEG that declares 16000 x 16000 pixels is refused before anything is made', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'winnow-'))
    try {
      const create = { width: 8, height: 8, channels: 3, background: 'red' } as const
      const jpeg = await sharp({ create }).jpeg().toBuffer()
      // The frame's header: ff c0, its length in two bytes, the bits of a sample, height, width.
      const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0))
      jpeg.set([0x3e, 0x80, 0x3e, 0x80], frame + 5)
      writeFileSync(join(folder, 'large.jpg'), jpeg)
      await expect(loadImageFolder(folder)).rejects.toThrow(
        /large\.jpg: declares 16000x16000 pixels in \d+ bytes, more than they can hold/,
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it.each(['plan', 'history'] as const)('%s.json is read or refused in words', async (kind) => {
    const { read, refused } = await fuzzRunJson(kind, 1000, 2)
    expect(read).toBeGreaterThan(50)
    expect(refused).toBeGreaterThan(300)
  })
})
