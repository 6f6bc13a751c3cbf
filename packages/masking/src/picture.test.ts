import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { maskFromHidden } from './mask.ts'
import { maskImage } from './picture.ts'

beforeAll(() => tf.setBackend('cpu'))

const mask = maskFromHidden([
  [0, 1, 1, 0],
  [1, 0, 1, 0],
])

test('hidden patches are grey, the rest is the image', async () => {
  const data = Float32Array.from({ length: 16 }, (_, i) => i)
  const picture = await maskImage(mask, [2, 2], { image: { data, shape: [4, 4, 1] } })
  expect(picture.shape).toEqual([4, 4, 1])
  expect([...picture.data]).toEqual([
    0, 1, 0.5, 0.5, 4, 5, 0.5, 0.5, 0.5, 0.5, 10, 11, 0.5, 0.5, 14, 15,
  ])
})

test('the example asked for, colours, bytes and tensors', async () => {
  const bytes = Uint8Array.from({ length: 12 }, (_, i) => i + 1)
  const image = { data: bytes, shape: [2, 2, 3] }
  const picture = await maskImage(mask, [2, 2], { image, example: 1 })
  expect(picture.data).toEqual(Uint8Array.from([128, 128, 128, 4, 5, 6, 128, 128, 128, 10, 11, 12]))
  const tensor = tf.tensor3d([1, 2, 3, 4], [2, 2, 1])
  const found = await maskImage(mask, [2, 2], { image: tensor, grey: 0 })
  expect([...found.data]).toEqual([1, 0, 0, 4])
})

test('without an image what is kept is white; a sequence is a strip', async () => {
  const square = await maskImage(mask, [2, 2], { patch: 1, grey: 0.25 })
  expect([square.shape, [...square.data]]).toEqual([
    [2, 2, 1],
    [1, 0.25, 0.25, 1],
  ])
  const strip = await maskImage(mask, [4], { patch: 2 })
  expect(strip.shape).toEqual([2, 8, 1])
  expect([...strip.data.subarray(0, 8)]).toEqual([1, 1, 0.5, 0.5, 0.5, 0.5, 1, 1])
})

test('frames of a clip stand side by side, several frames to a token', async () => {
  const data = Float32Array.from({ length: 8 }, (_, i) => i + 1)
  const image = { data, shape: [4, 1, 2, 1] }
  const picture = await maskImage(mask, [2, 1, 2], { image, grey: 0 })
  expect(picture.shape).toEqual([1, 8, 1])
  expect([...picture.data]).toEqual([1, 0, 3, 0, 0, 6, 0, 8])
})

test('bad input', async () => {
  await expect(maskImage(mask, [2, 3])).rejects.toThrow(
    'maskImage: grid: [2,3] came, expected one to three sizes with a product of 4',
  )
  await expect(maskImage(mask, [2, 2], { example: 2 })).rejects.toThrow('example: 2 came')
  await expect(maskImage(mask, [2, 2], { patch: 0.5 })).rejects.toThrow('patch: 0.5 came')
  const image = { data: new Float32Array(9), shape: [3, 3, 1] }
  await expect(maskImage(mask, [2, 2], { image })).rejects.toThrow(
    'maskImage: image: shape [3,3,1] and 9 values came',
  )
  const short = { data: new Float32Array(15), shape: [4, 4, 1] }
  await expect(maskImage(mask, [2, 2], { image: short })).rejects.toThrow('and 15 values came')
})
