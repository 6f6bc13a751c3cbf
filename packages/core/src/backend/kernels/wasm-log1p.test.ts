import type { Tensor } from '@tensorflow/tfjs-core'
import { div, log1p, setBackend, tensor } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock } from './testing.ts'
import { wasmLog1p } from './wasm-log1p.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

test('log1p keeps the digits of a small argument; the stock kernel does not', async () => {
  const compute = (): Tensor => {
    const x = tensor([1e-3, -1e-3, 1e-5, 3e-7, 1e-8, -0.5, 2])
    return div(log1p(x), x)
  }
  const expected = await runOn('cpu', compute)
  expect(difference(await runOn('wasm', compute), expected)).toBeLessThan(1e-6)
  expect(difference(await runStock('wasm', [wasmLog1p], compute), expected)).toBeGreaterThan(1e-3)
})
