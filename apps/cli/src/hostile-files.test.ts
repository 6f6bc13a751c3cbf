import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, it } from 'vitest'
import { loadImageFolder } from './data/image-folder.ts'
import { fuzzImages, fuzzRunJson, withChecksums } from './testing/fuzz-runs.ts'

// Many more of each in hostile-files.fuzz.slow.test.ts.
describe('hostile files', () => {
  it.each([
    ['png', 1000],
    ['others', 300],
  ] as const)('%s images are read or refused in words', async (kind, cases) => {
    const { read, refused } = await fuzzImages(kind, cases, 1)
    expect(read).toBeGreaterThan(cases / 40)
    expect(refused).toBeGreaterThan(cases / 4)
  })

  /** Loads a folder of one file. */
  const loadOne = async (name: string, bytes: Uint8Array) => {
    const folder = mkdtempSync(join(tmpdir(), 'winnow-'))
    try {
      writeFileSync(join(folder, name), bytes)
      return await loadImageFolder(folder)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const small = (width = 8, height = 8): Sharp =>
    sharp({ create: { width, height, channels: 3, background: 'red' } })

  it('a JPEG that declares 16000 x 16000 pixels is refused before anything is made', async () => {
    const jpeg = await small().jpeg().toBuffer()
    // The frame's header: ff c0, its length in two bytes, the bits of a sample, height, width.
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0))
    jpeg.set([0x3e, 0x80, 0x3e, 0x80], frame + 5)
    await expect(loadOne('large.jpg', jpeg)).rejects.toThrow(
      /large\.jpg: declares 16000x16000 pixels in \d+ bytes, more than they can hold/,
    )
  })

  it.each([
    [2 ** 31 - 1, 1],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [0, 8],
    [30_000, 30_000],
    [8000, 8000],
    [2 ** 32 - 1, 2 ** 32 - 1],
  ])(
    'a PNG that declares %d x %d pixels, its checksums right, is refused',
    async (width, height) => {
      const png = new Uint8Array(await small().png().toBuffer())
      const view = new DataView(png.buffer)
      // After the signature, and the length and name of the first chunk.
      view.setUint32(16, width)
      view.setUint32(20, height)
      const before = process.memoryUsage.rss()
      await expect(loadOne('large.png', withChecksums(png))).rejects.toThrow(
        /large\.png: (declares|cannot be read as an image)/,
      )
      expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 26)
    },
  )

  it('more pixels than are worth reading are refused where the file might hold them', async () => {
    const png = new Uint8Array(await small().png().toBuffer())
    new DataView(png.buffer).setUint32(16, 16_384)
    new DataView(png.buffer).setUint32(20, 8192)
    const padded = new Uint8Array(200_000)
    padded.set(withChecksums(png))
    await expect(loadOne('packed.png', padded)).rejects.toThrow(
      /packed\.png: 8192x16384 pixels, at most 67108864 in all are read/,
    )
  })

  it('a file of another format is refused, whatever its name says', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'
    const others = [
      new TextEncoder().encode(svg),
      await small().gif().toBuffer(),
      await small().tiff().toBuffer(),
      new Uint8Array(),
    ]
    for (const bytes of others) {
      await expect(loadOne('other.png', bytes)).rejects.toThrow(
        /other\.png: cannot be read as an image: it is not a PNG, JPEG or WebP file/,
      )
    }
    expect((await loadOne('named-wrongly.png', await small().jpeg().toBuffer())).shape).toEqual([
      1, 8, 8, 3,
    ])
  })

  it.each(['plan', 'history'] as const)('%s.json is read or refused in words', async (kind) => {
    const { read, refused } = await fuzzRunJson(kind, 1000, 2)
    expect(read).toBeGreaterThan(50)
    expect(refused).toBeGreaterThan(300)
  })
})
