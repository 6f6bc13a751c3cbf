import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { setBackend, unsortedSegmentSum } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmSegmentSum } from './wasm-segment-sum.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

const sums =
  (rows: number, width: number[], segments: number, beyond = 0) =>
  (): Tensor => {
    const samples = new Samples(rows + segments)
    const x = samples.uniform([rows, ...width])
    const ids = samples.integers([rows], segments + beyond) as Tensor1D
    return unsortedSegmentSum(x, ids, segments)
  }

test('agrees with cpu on random shapes, ids past the end dropped', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom<number[]>([], [1], [5], [3, 4]),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 2 }),
      async (rows, width, segments, beyond) => {
        const compute = sums(rows, width, segments, beyond)
        expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBeLessThan(
          1e-5,
        )
      },
    ),
    { numRuns: 40, seed: 1 },
  )
})

test('agrees on heavily repeated indices and repeats byte for byte', async () => {
  const compute = sums(5000, [16], 7)
  const first = await runOn('wasm', compute)
  expect(difference(first, await runOn('cpu', compute))).toBeLessThan(1e-5)
  expect((await runOn('wasm', compute)).values).toEqual(first.values)
})

test('is needed: wasm registers no such kernel', async () => {
  await expect(runStock('wasm', [wasmSegmentSum], sums(3, [2], 2))).rejects.toThrow(
    /not registered/,
  )
})
