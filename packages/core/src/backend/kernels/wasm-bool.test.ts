import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Tensor } from '@tensorflow/tfjs-core'
import { cast, reverse, setBackend, tensor, where } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, Samples } from './testing.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

const truths = (seed: number, shape: number[]): Tensor =>
  new Samples(seed).integers(shape, 2, 'bool')

// The stock kernels write past the end of a bool tensor and corrupt the heap of the whole process: they are not run.
test.each<[string, () => Tensor]>([
  ['where', () => where(truths(1, [3, 5]), truths(2, [3, 5]), truths(3, [3, 5]))],
  ['where, broadcast', () => where(truths(1, [5]), truths(2, [3, 5]), truths(3, [1, 5]))],
  ['reverse', () => reverse(truths(1, [3, 4, 5]), [0, 2])],
  [
    'where of int32',
    () =>
      where(truths(1, [4]), tensor([1, 2, 3, 4], [4], 'int32'), tensor([5, 6, 7, 8], [4], 'int32')),
  ],
  [
    'where of float32',
    () => where(truths(1, [4]), tensor([1, 2, 3, 4]), cast(truths(5, [4]), 'float32')),
  ],
])('%s agrees with cpu', async (_, compute) => {
  expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBe(0)
})

test('is needed: the stock kernels move four bytes for each bool', () => {
  const script = `
    const tf = require('@tensorflow/tfjs-core')
    tf.env().set('IS_TEST', true)
    require('@tensorflow/tfjs-backend-wasm')
    tf.setBackend('wasm').then(() => {
      const x = tf.tensor([1, 1, 0, 1, 0, 0, 1, 0], [8], 'bool')
      const bools = (values) => tf.tensor(values, [2], 'bool')
      const chosen = tf.where(bools([1, 0]), bools([1, 1]), bools([0, 0]))
      console.log(JSON.stringify([tf.reverse(x), chosen].map((t) => [...t.dataSync()])))
    })`
  // In a process of its own, since its heap is corrupted afterwards.
  const stock = execFileSync(process.execPath, ['-e', script], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    encoding: 'utf8',
  })
  const [reversed, chosen] = JSON.parse(stock) as number[][]
  expect(reversed).not.toEqual([0, 1, 0, 0, 1, 0, 1, 1])
  expect(chosen).not.toEqual([1, 0])
})
