import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memory, setBackend } from '@tensorflow/tfjs-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putCsv, putIdx } from '../testing/tiny-data.ts'
import { tinyRun } from '../testing/tiny-run.ts'
import { vaePictures } from './pictures.ts'

let folder: string
beforeAll(async () => {
  await setBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('vaePictures', () => {
  it('draws originals above what was rebuilt of them, without a leak', async () => {
    const { model, data, run } = await tinyRun(putIdx(join(folder, 'a.idx'), 400))
    const before = memory().numTensors
    const files = await vaePictures(model, data.test, run.history)
    expect(memory().numTensors).toBe(before)
    expect([...files.keys()].sort()).toEqual(
      ['curves.png', 'latent-walk.png', 'reconstructions.png', 'samples.png'].sort(),
    )
    const png = files.get('reconstructions.png') as Uint8Array
    const { data: pixels, info } = await sharp(png).greyscale().raw().toBuffer({
      resolveWithObject: true,
    })
    // Rows of 16: originals, black and white, then grey; twice, since there are 40 test images and 32 are shown.
    const greys = (row: number): number => {
      const height = info.height / 4
      const strip = pixels.subarray(
        Math.floor(row * height + 3) * info.width,
        Math.floor((row + 1) * height - 3) * info.width,
      )
      return strip.filter((value) => value > 40 && value < 215).length / strip.length
    }
    for (const row of [0, 2]) expect(greys(row)).toBe(0)
    for (const row of [1, 3]) expect(greys(row)).toBeGreaterThan(0.5)
    model.dispose()
  })

  it('draws the curves alone for what is no image, and of a run cut short', async () => {
    const { model, data, run } = await tinyRun(putCsv(join(folder, 'a.csv'), 60), 1)
    expect([...(await vaePictures(model, data.test, run.history)).keys()]).toEqual(['curves.png'])
    model.dispose()
  })
})
