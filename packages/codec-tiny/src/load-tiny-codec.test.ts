import { readFileSync } from 'node:fs'
import { memory } from '@tensorflow/tfjs-core'
import { compressImage, decompressImage } from '@winnow/compression'
import { useBackend } from '@winnow/core'
import { expect, it } from 'vitest'
import card from '../weights/card.json' with { type: 'json' }
import { loadTinyCodec } from './load-tiny-codec.ts'

it('loads the weights that the card tells of, ready to code', async () => {
  await useBackend('onnx')
  const before = memory().numTensors
  const codec = await loadTinyCodec()
  expect(codec.config).toEqual(card.config)
  expect(await codec.fingerprint()).toBe(card.fingerprint)
  // A slope from one colour to another, with a bright square.
  const [width, height] = [90, 70]
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
    return x > 30 && x < 60 && y > 20 && y < 50 ? 220 : 40 + x + (i % 3) * y * 0.5
  })
  const errors: number[] = []
  for (const quality of [0, codec.maximumQuality]) {
    const file = await compressImage(codec, { data, width, height, channels: 3 }, { quality })
    expect(file.length).toBeLessThan(data.length / 10)
    const back = await decompressImage(file, codec)
    errors.push(data.reduce((sum, value, i) => sum + (value - back.data[i]!) ** 2, 0) / data.length)
  }
  // Better than 26 and 30 dB.
  expect(errors[0]).toBeLessThan(163)
  expect(errors[1]).toBeLessThan(65)
  codec[Symbol.dispose]()
  expect(memory().numTensors).toBe(before)
})

it('is small, and is told of in the README', () => {
  const weights = readFileSync(new URL('../weights/model.safetensors', import.meta.url))
  expect(weights.length).toBe(card.bytes)
  expect(weights.length).toBeLessThan(5e6)
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(card.command)
  expect(readme).toContain(card.fingerprint)
})
