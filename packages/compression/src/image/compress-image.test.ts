import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng } from '@winnow/core'
import { expect, it } from 'vitest'
import { compressImage } from './compress-image.ts'
import { decompressImage, decompressStrips, readImageInfo } from './decompress-image.ts'
import type { CodecImage } from './image.ts'
import { BlockCodec } from './testing/block-codec.ts'

/** Any colours, and alpha. */
function picture(width: number, height: number, channels: number, depth: 8 | 16 = 8): CodecImage {
  const values = new Rng(width * height + channels).uniformValues(
    width * height * channels,
    0,
    2 ** depth,
  )
  const data = depth === 8 ? Uint8Array.from(values) : Uint16Array.from(values)
  return { data, width, height, channels }
}

// Blocks of one pixel at the greatest quality lose nothing: what comes back is then what went in.
it.each([
  [1, 1],
  [1, 7],
  [9, 1],
  [16, 16],
  [17, 33],
  [40, 23],
])('gives back %i x %i pixels in all kinds of channels', async (width, height) => {
  const before = tf.memory().numTensors
  for (const channels of [1, 2, 3, 4]) {
    const codec = new BlockCodec({ stride: 1 })
    const image = picture(width, height, channels)
    const bytes = await compressImage(codec, image, { tile: 16 })
    expect(await decompressImage(bytes, codec), `${channels} channels`).toEqual(image)
    expect(readImageInfo(bytes)).toEqual({
      ...{ width, height, channels, depth: 8, tile: 16, quality: 3 },
      model: { name: 'BlockCodec', fingerprint: '00112233aabbccdd' },
    })
  }
  expect(tf.memory().numTensors).toBe(before)
})

it('keeps 16 bits: alpha exactly, colours as exactly as the model does', async () => {
  for (const channels of [1, 2, 3, 4]) {
    const codec = new BlockCodec({ stride: 1 })
    const image = picture(19, 21, channels, 16)
    const back = await decompressImage(await compressImage(codec, image, { tile: 10 }), codec)
    expect(back.data).toBeInstanceOf(Uint16Array)
    for (const [i, value] of image.data.entries()) {
      const alpha = channels % 2 === 0 && i % channels === channels - 1
      // Half of the model's step of 1 / 255.
      const most = alpha ? 0 : 129
      expect(Math.abs(value - (back.data[i] as number))).toBeLessThanOrEqual(most)
    }
  }
})

it('pads by repeating the edge, in tiles no larger than asked for', async () => {
  const codec = new BlockCodec({ stride: 8 })
  const image: CodecImage = {
    data: new Uint8Array(3 * 35 * 20).fill(201),
    width: 35,
    height: 20,
    channels: 3,
  }
  const bytes = await compressImage(codec, image, { tile: 15 })
  // 15 is rounded up to 16; the last column is 3 wide and the last row 4 high: padded to 8.
  expect(codec.sizes).toEqual(
    ['16x16', '16x16', '16x8', '8x16', '8x16', '8x8'].map((size) => `1x${size}x3`),
  )
  // Zeros at the edge would darken the means of its blocks.
  expect(await decompressImage(bytes, codec)).toEqual(image)
})

it('is smaller at a lower quality, which stands in the file', async () => {
  const codec = new BlockCodec({ stride: 4 })
  const image = picture(64, 64, 3)
  const sizes: number[] = []
  for (const quality of [0, 1.5, 3]) {
    const bytes = await compressImage(codec, image, { quality })
    sizes.push(bytes.length)
    expect(readImageInfo(bytes).quality).toBe(quality)
    await decompressImage(bytes, codec)
  }
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b))
  expect(new Set(sizes).size).toBe(3)
  await expect(compressImage(codec, image, { quality: 4 })).rejects.toThrow('quality 4 came')
})

it('codes grey by a model of grey, and refuses colour there', async () => {
  const codec = new BlockCodec({ stride: 1, imageChannels: 1 })
  const image = picture(12, 5, 2)
  expect(await decompressImage(await compressImage(codec, image), codec)).toEqual(image)
  await expect(compressImage(codec, picture(4, 4, 3))).rejects.toThrow('was made for grey')
})

it('gives strips from the top, reports tiles and can be stopped', async () => {
  const codec = new BlockCodec({ stride: 1 })
  const image = picture(20, 33, 4)
  const seen: string[] = []
  const progress = (done: number, tiles: number) => seen.push(`${done}/${tiles}`)
  const bytes = await compressImage(codec, image, { tile: 16, progress })
  expect(seen).toEqual(['1/6', '2/6', '3/6', '4/6', '5/6', '6/6'])
  const strips: [number, number][] = []
  for await (const { y, height, data } of decompressStrips(bytes, codec, { progress })) {
    strips.push([y, height])
    expect(data).toEqual(image.data.slice(y * 80, (y + height) * 80))
  }
  expect(strips).toEqual([
    [0, 16],
    [16, 16],
    [32, 1],
  ])
  expect(seen.slice(6)).toEqual(seen.slice(0, 6))
  const stopped = { signal: AbortSignal.abort() }
  await expect(compressImage(codec, image, stopped)).rejects.toThrow('aborted')
  await expect(decompressImage(bytes, codec, stopped)).rejects.toThrow('aborted')
})

it('refuses another model, too many pixels, and pictures that are none', async () => {
  const codec = new BlockCodec()
  const image = picture(16, 16, 3)
  const bytes = await compressImage(codec, image)
  const other = new BlockCodec({ fingerprint: 'ffffffffffffffff' })
  await expect(decompressImage(bytes, other)).rejects.toThrow('with other weights')
  await expect(decompressImage(bytes, codec, { mostPixels: 255 })).rejects.toThrow('at most 255')
  await expect(compressImage(codec, { ...image, width: 15 })).rejects.toThrow('data of 768 came')
  await expect(compressImage(codec, { ...image, channels: 5 })).rejects.toThrow('channels: 5')
  await expect(compressImage(codec, { ...image, height: 0 })).rejects.toThrow('16 x 0 came')
})
