import type { Tensor } from '@tensorflow/tfjs-core'
import { backend_util, engine, setBackend, sub } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmMaxPoolGradient } from './wasm-max-pool-gradient.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

type Shape = [number, number, number, number]
type Pair = [number, number]

const gradient =
  (shape: Shape, filterSize: Pair, strides: Pair, pad: 'same' | 'valid') => (): Tensor => {
    const samples = new Samples(4)
    const { outShape } = backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad)
    const input = sub(samples.uniform(shape), 0.9)
    const dy = samples.uniform(outShape)
    return engine().runKernel(
      'MaxPoolGrad',
      { dy, input, output: dy },
      { filterSize, strides, pad },
    ) as Tensor
  }

test('agrees with cpu on random shapes, mostly negative', async () => {
  const size = fc.integer({ min: 3, max: 9 })
  const few = fc.integer({ min: 1, max: 3 })
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(few, size, size, few),
      fc.tuple(few, few),
      fc.tuple(few, few),
      fc.constantFrom('same' as const, 'valid' as const),
      async (shape, filterSize, strides, pad) => {
        const compute = gradient(shape, filterSize, strides, pad)
        expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBeLessThan(
          1e-6,
        )
      },
    ),
    { numRuns: 60, seed: 1 },
  )
})

test('is needed: the stock kernel loses gradient', async () => {
  const compute = gradient([2, 8, 8, 3], [2, 2], [2, 2], 'valid')
  const stock = await runStock('wasm', [wasmMaxPoolGradient], compute)
  expect(difference(stock, await runOn('cpu', compute))).toBeGreaterThan(0.1)
})
