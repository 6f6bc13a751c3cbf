import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Rng } from '@winnow/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readPicture, writePicture } from './picture-file.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const picture = (channels: number, depth: 8 | 16, width = 5, height = 3) => {
  const values = new Rng(channels + depth).uniformValues(width * height * channels, 0, 2 ** depth)
  return {
    width,
    height,
    channels,
    data: depth === 8 ? Uint8Array.from(values) : Uint16Array.from(values),
  }
}

it.each([1, 2, 3, 4])(
  'PNG of %i channels comes back as it was, in 8 and in 16 bits',
  async (channels) => {
    for (const depth of [8, 16] as const) {
      const path = join(folder, `${channels}-${depth}.png`)
      await writePicture(path, picture(channels, depth))
      expect(await readPicture(path), `${depth} bits`).toEqual(picture(channels, depth))
      const plain = await readPicture(path, { plain: true })
      expect([plain.channels, plain.data instanceof Uint8Array]).toEqual([3, true])
    }
  },
)

it('WebP loses nothing of bytes, JPEG little', async () => {
  const image = {
    ...picture(3, 8, 16, 16),
    data: new Uint8Array(768).map((_, i) => 100 + (i % 48)),
  }
  await writePicture(join(folder, 'a.webp'), image)
  expect(await readPicture(join(folder, 'a.webp'))).toEqual(image)
  await writePicture(join(folder, 'a.jpg'), image)
  const back = await readPicture(join(folder, 'a.jpg'))
  let error = 0
  for (const [i, value] of image.data.entries()) error += Math.abs(value - (back.data[i] as number))
  expect(error / 768).toBeLessThan(20)
  await expect(writePicture(join(folder, 'a.gif'), image)).rejects.toThrow('a name that ends in')
})

it('scales down to the longest side, and never up', async () => {
  const path = join(folder, 'wide.png')
  await writePicture(path, picture(3, 8, 40, 10))
  expect(await readPicture(path, { longest: 20 })).toMatchObject({ width: 20, height: 5 })
  expect(await readPicture(path, { longest: 80 })).toMatchObject({ width: 40, height: 10 })
})

it('refuses what is no picture', async () => {
  writeFileSync(join(folder, 'b.png'), 'text')
  await expect(readPicture(join(folder, 'b.png'))).rejects.toThrow('not a PNG, JPEG or WebP')
})
