import type { Tensor } from '@tensorflow/tfjs-core'
import { engine, setBackend, tensor } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock } from './testing.ts'
import { wasmClip } from './wasm-clip.ts'
import { wasmInteger } from './wasm-integer.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

const numbers = [16777217, 33554433, -16777219, 2147483647, -2147483647, 123456789, 7, -7, 0, 1]
const divisors = [3, -3, 16777217, 2, 5, -123456788, -2, 2, 9, -1]

const run = (kernelName: string) => (): Tensor => {
  const x = tensor(numbers, [10], 'int32')
  const b = tensor(divisors, [10], 'int32')
  const attrs = { clipValueMin: -5, clipValueMax: 20000001 }
  return engine().runKernel(kernelName, { x, a: x, b }, attrs) as Tensor
}

const replaced = [...wasmInteger, wasmClip]

test.each(replaced.map(({ kernelName }) => kernelName))(
  '%s is exact on int32',
  async (kernelName) => {
    const compute = run(kernelName)
    expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBe(0)
  },
)

test.each(['Neg', 'FloorDiv', 'Floor', 'Ceil', 'Step', 'IsNan', 'Reciprocal', 'ClipByValue'])(
  '%s is needed: the stock kernel is wrong on int32',
  async (kernelName) => {
    const compute = run(kernelName)
    const stock = await runStock('wasm', replaced, compute)
    expect(difference(stock, await runOn('cpu', compute))).toBeGreaterThan(0)
  },
)

test('float32 goes to the stock kernels, but for the dtype of a whole quotient', async () => {
  for (const { kernelName } of replaced) {
    const compute = (): Tensor => {
      const x = tensor([0.4, -1.6, 0, 3])
      const b = tensor([1, 2, -3, 0.5])
      const attrs = { clipValueMin: -1, clipValueMax: 1 }
      return engine().runKernel(kernelName, { x, a: x, b }, attrs) as Tensor
    }
    const stock = await runStock('wasm', replaced, compute)
    const result = await runOn('wasm', compute)
    if (kernelName === 'FloorDiv') {
      expect([stock.dtype, result]).toEqual(['float32', await runOn('cpu', compute)])
    } else expect(result).toEqual(stock)
  }
})

test('int32 division broadcasts', async () => {
  const compute = (): Tensor => {
    const a = tensor(numbers.slice(0, 6), [3, 1, 2], 'int32')
    const b = tensor(divisors.slice(0, 4), [4, 1], 'int32')
    return engine().runKernel('FloorDiv', { a, b }) as Tensor
  }
  const result = await runOn('wasm', compute)
  expect(result.shape).toEqual([3, 4, 2])
  expect(difference(result, await runOn('cpu', compute))).toBe(0)
})
