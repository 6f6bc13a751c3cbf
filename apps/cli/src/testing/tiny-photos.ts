/**
 * Pictures that look a little like photos: soft shapes, edges and grain.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Rng } from '@winnow/core'
import sharp from 'sharp'

/** Bytes of a picture with `channels` channels. */
export function tinyPhoto(seed: number, width: number, height: number, channels = 3): Uint8Array {
  const grain = new Rng(seed).normalValues(width * height * channels, 0, 4)
  return Uint8Array.from(grain, (noise, at) => {
    const [pixel, channel] = [Math.floor(at / channels), at % channels]
    const [row, column] = [Math.floor(pixel / width), pixel % width]
    const edge = (row * (1 + (seed % 3)) + column) % 90 < 45 ? 40 : -40
    const soft = 50 * Math.sin((row + seed * 13) / 17 + channel) * Math.cos(column / 23)
    return Math.min(255, Math.max(0, 128 + edge + soft + noise))
  })
}

/** A folder of `count` PNG files of different sizes, the smaller side 180 pixels at least. */
export async function putPhotos(folder: string, count: number): Promise<string> {
  mkdirSync(folder, { recursive: true })
  for (let i = 0; i < count; i++) {
    const [width, height] = [200 + 10 * i, 190 - 2 * i]
    await sharp(tinyPhoto(i, width, height), { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(folder, `${i}.png`))
  }
  return folder
}
