import type { DataType, Tensor } from '@tensorflow/tfjs-core'
import { cast, setBackend, tensor } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock } from './testing.ts'
import { wasmCast } from './wasm-cast.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

const numbers = [0, -0, 0.5, -0.5, 1, 2, 256, -3, 512, Number.NaN, Number.POSITIVE_INFINITY]
const truths = [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]

test('every number but 0 is true', async () => {
  const result = await runOn('wasm', () => cast(tensor(numbers), 'bool'))
  expect(result.dtype).toBe('bool')
  expect(Array.from(result.values)).toEqual(truths)
})

test('agrees with cpu between all types', async () => {
  const types: DataType[] = ['float32', 'int32', 'bool']
  for (const from of types) {
    for (const to of types) {
      const compute = (): Tensor => cast(tensor([0, 1, 3, 1000], [4], from), to)
      expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBe(0)
    }
  }
})

test('is needed: the stock kernel truncates to a byte', async () => {
  const stock = await runStock('wasm', [wasmCast], () => cast(tensor(numbers), 'bool'))
  expect(Array.from(stock.values)).not.toEqual(truths)
})
