import type { Tensor } from '@tensorflow/tfjs-core'
import { cumprod, cumsum, setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { cpuReplacements } from './cpu.ts'
import { difference, runOn, runStock, Samples } from './testing.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

const along =
  (op: typeof cumsum, shape: number[], axis: number, exclusive: boolean, reverse: boolean) =>
  (): Tensor =>
    op(new Samples(3).uniform(shape), axis, exclusive, reverse)

const backends = ['cpu', 'wasm'] as const

test.each(backends)('count a negative axis from the end: %s', async (backend) => {
  for (const op of [cumsum, cumprod]) {
    for (const [exclusive, reverse] of [
      [false, false],
      [true, true],
    ] as const) {
      for (const [axis, same] of [
        [-1, 2],
        [-2, 1],
        [-3, 0],
      ] as const) {
        const counted = await runOn(backend, along(op, [2, 3, 4], axis, exclusive, reverse))
        const expected = await runOn('cpu', along(op, [2, 3, 4], same, exclusive, reverse))
        expect(difference(counted, expected)).toBeLessThan(1e-6)
      }
    }
  }
})

// Not on wasm, whose memory would be spoilt for what comes after.
test('are needed: the stock kernel of cpu gives another shape', async () => {
  const own = cpuReplacements.filter(({ kernelName }) => kernelName === 'Cumsum')
  const stock = await runStock('cpu', own, along(cumsum, [3, 4], -1, false, false))
  expect(stock.shape).not.toEqual([3, 4])
})
