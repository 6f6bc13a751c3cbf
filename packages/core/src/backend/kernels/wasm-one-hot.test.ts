import type { Tensor } from '@tensorflow/tfjs-core'
import { oneHot, setBackend, tensor } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock } from './testing.ts'
import { wasmOneHot } from './wasm-one-hot.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

/** Two of the indices are out of range: rows without a one. */
const indices = (): Tensor => tensor([2, 0, 4, -1, 1, 5], [2, 3], 'int32')
const cases: (() => Tensor)[] = [
  () => oneHot(indices(), 5),
  () => oneHot(indices(), 5, 1, 0, 'float32'),
  () => oneHot(indices(), 5, 0.5, -2, 'float32'),
  () => oneHot(indices(), 5, 7, 3, 'int32'),
  () => oneHot(tensor([], [0], 'int32'), 3, 1, 0, 'float32'),
]

test('writes ones of the type asked for, as cpu does', async () => {
  for (const compute of cases) {
    expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBe(0)
  }
})

test('the stock kernel reads as almost nothing in float32', async () => {
  const compute = cases[1] as () => Tensor
  const stock = await runStock('wasm', [wasmOneHot], compute)
  expect(difference(stock, await runOn('cpu', compute))).toBeGreaterThan(0.9)
})
