import * as tf from '@tensorflow/tfjs-core'
import { Rng, serialise, useBackend } from '@winnow/core'
import { beforeAll, expect, test } from 'vitest'
import { compressImage } from '../image/compress-image.ts'
import { decompressImage } from '../image/decompress-image.ts'
import type { CodecImage } from '../image/image.ts'
import { HyperpriorCodec } from '../model/hyperprior-codec.ts'
import { pictures } from '../model/testing/pictures.ts'
import { ImageDecoder } from './image-decoder.ts'
import { defineWinnowImage, type WinnowImageElement } from './winnow-image.ts'

const worker = (): Worker =>
  new Worker(new URL('./testing/decoder-worker.ts', import.meta.url), { type: 'module' })

let model: string
let file: Uint8Array
let expected: CodecImage
const address = (bytes: Uint8Array): string =>
  URL.createObjectURL(new Blob([new Uint8Array(bytes)]))

beforeAll(async () => {
  await useBackend('cpu')
  const codec = new HyperpriorCodec({ channels: 4, latents: 4 }, new Rng(1))
  const images = tf.tensor(pictures(2, 128), [2, 128, 128, 3])
  await codec.prepareForCoding(images)
  images.dispose()
  const data = Uint8Array.from(pictures(1, 90, 2), (value) => value * 255)
  const alpha = Uint8Array.from({ length: 90 * 90 * 4 }, (_, i) =>
    i % 4 === 3 ? i % 251 : (data[Math.floor(i / 4) * 3 + (i % 4)] as number),
  )
  file = await compressImage(codec, { data: alpha, width: 90, height: 90, channels: 4 })
  expected = await decompressImage(file, codec)
  model = address(await serialise(codec))
}, 120_000)

const options = () => ({ model, backend: { name: 'cpu' } })

test('a worker decodes what the page would', async () => {
  using decoder = new ImageDecoder(worker() as never, options())
  const [first, second] = await Promise.all([decoder.decode(file), decoder.decode(file)])
  expect(first).toEqual(expected)
  expect(second).toEqual(expected)
  await expect(decoder.decode(file.slice(0, -9))).rejects.toThrow('damaged or truncated')
  const waiting = decoder.decode(file)
  decoder.dispose()
  await expect(waiting).rejects.toThrow('it was disposed')
})

test('a model that is not there is named', async () => {
  using decoder = new ImageDecoder(worker() as never, {
    model: '/nowhere.safetensors',
    backend: { name: 'cpu' },
  })
  await expect(decoder.decode(file)).rejects.toThrow('nowhere.safetensors')
})

test('<winnow-image> shows a file, its alpha too, and says what is wrong with others', async () => {
  defineWinnowImage({ worker, ...options() })
  expect(() => defineWinnowImage({ worker, ...options() })).toThrow('defined already')
  const element = document.createElement('winnow-image') as WinnowImageElement
  const next = (type: string): Promise<Event> =>
    new Promise((resolve) => element.addEventListener(type, resolve, { once: true }))
  element.alt = 'a picture'
  element.src = address(file)
  document.body.append(element)
  expect(element.complete).toBe(false)
  await next('load')
  expect([element.naturalWidth, element.naturalHeight, element.complete]).toEqual([90, 90, true])
  const canvas = element.shadowRoot?.querySelector('canvas') as HTMLCanvasElement
  expect(canvas.getAttribute('aria-label')).toBe('a picture')
  const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(0, 0, 90, 90)
  let different = 0
  for (let i = 0; i < data.length; i += 4) {
    const alpha = expected.data[i + 3] as number
    expect(data[i + 3]).toBe(alpha)
    // A canvas keeps colours multiplied by alpha.
    for (let channel = 0; channel < 3 && alpha > 200; channel++) {
      if (Math.abs((data[i + channel] as number) - (expected.data[i + channel] as number)) > 1)
        different++
    }
  }
  expect(different).toBe(0)
  element.src = address(new TextEncoder().encode('no such file'))
  const { message } = (await next('error')) as ErrorEvent
  expect(message).toContain('not one that was compressed by Winnow')
  element.remove()
})
