import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { compressImage } from './compress-image.ts'
import { decompressStrips } from './decompress-image.ts'
import { BlockCodec } from './testing/block-codec.ts'

it('40 megapixels take no more than a tile and a strip besides the picture itself', async () => {
  const [width, height] = [8000, 5000]
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < data.length; i++) data[i] = (i % 24_000) / 100
  const codec = new BlockCodec({ stride: 16 })
  let largest = 0
  const watched = new Proxy(codec, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target) as unknown
      if (name !== 'compressTile') return typeof value === 'function' ? value.bind(target) : value
      return (pixels: tf.Tensor, quality: number) => {
        largest = Math.max(largest, tf.memory().numBytes)
        return target.compressTile(pixels, quality)
      }
    },
  })
  const before = process.memoryUsage().arrayBuffers
  const bytes = await compressImage(watched, { data, width, height, channels: 3 }, { tile: 512 })
  // One tile of floats.
  expect(largest).toBeLessThan(1.1 * 512 * 512 * 3 * 4)
  let rows = 0
  let most = 0
  for await (const strip of decompressStrips(bytes, codec)) {
    rows += strip.height
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  expect(rows).toBe(height)
  // A strip is 12 MB and a tile's floats 3 MB; the picture would be 120 MB. What is not collected yet counts too.
  expect(most).toBeLessThan(100e6)
})
