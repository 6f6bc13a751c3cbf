import type { Tensor } from '@tensorflow/tfjs-core'
import { gather, setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { WinnowError } from '../../error.ts'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmGather } from './wasm-gather.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

const tokens = (shape: number[], kept: number, axis: number, batchDims: number) => (): Tensor => {
  const samples = new Samples(4)
  const x = samples.uniform(shape)
  const indices = samples.integers(
    [...shape.slice(0, batchDims), kept],
    shape[axis] as number,
  ) as Tensor
  return gather(x, indices as never, axis, batchDims)
}

test('agrees with cpu on random shapes, axes and batch dimensions', async () => {
  const length = fc.integer({ min: 1, max: 6 })
  const shapes = fc.array(length, { minLength: 2, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(
      shapes,
      length,
      fc.nat(),
      fc.nat(),
      async (shape, kept, axisSeed, batchSeed) => {
        const axis = 1 + (axisSeed % (shape.length - 1))
        const batchDims = batchSeed % (axis + 1)
        const compute = tokens(shape, kept, axis, batchDims)
        expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBe(0)
      },
    ),
    { numRuns: 60, seed: 1 },
  )
})

test('drops tokens of a large batch as cpu does', async () => {
  const compute = tokens([32, 65, 48], 16, 1, 1)
  expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBe(0)
})

test('an index out of range is an error', async () => {
  const compute = (): Tensor =>
    gather(new Samples(1).uniform([2, 3, 2]), new Samples(2).integers([2, 9], 9) as never, 1, 1)
  await expect(runOn('wasm', compute)).rejects.toThrow(WinnowError)
})

test('is needed: the stock kernel gathers with the indices of the first batch', async () => {
  const compute = tokens([4, 9, 3], 5, 1, 1)
  const stock = await runStock('wasm', [wasmGather], compute)
  expect(difference(stock, await runOn('cpu', compute))).toBeGreaterThan(0.1)
})
