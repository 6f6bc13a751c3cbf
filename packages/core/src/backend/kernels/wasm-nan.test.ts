import type { Tensor } from '@tensorflow/tfjs-core'
import { clipByValue, maximum, minimum, relu6, setBackend, tensor } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmClip } from './wasm-clip.ts'
import { wasmNaN } from './wasm-nan.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
const x = (): Tensor => tensor([nan, 1, -2, infinity, -infinity, 0, nan, 7], [2, 4])
const y = (): Tensor => tensor([3, nan, 2, nan], [4])

const computations: [string, () => Tensor][] = [
  ['clipByValue', () => clipByValue(x(), -2, 2)],
  ['relu6', () => relu6(x())],
  ['maximum', () => maximum(x(), y())],
  ['minimum', () => minimum(x(), y())],
]

test.each(computations)(
  '%s keeps NaN as cpu does; the stock kernel hides it',
  async (_, compute) => {
    const expected = await runOn('cpu', compute)
    expect(difference(await runOn('wasm', compute), expected)).toBe(0)
    const stock = await runStock('wasm', [...wasmNaN, wasmClip], compute)
    expect(difference(stock, expected)).toBe(infinity)
  },
)

test('agrees with cpu where there is no NaN, broadcast', async () => {
  const compute = (): Tensor => {
    const samples = new Samples(1)
    return maximum(
      samples.uniform([3, 1, 4]),
      minimum(samples.uniform([2, 1]), relu6(samples.uniform([4]))),
    )
  }
  expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBe(0)
})
