import type { Tensor } from '@tensorflow/tfjs-core'
import { broadcastTo, cast, setBackend, tile } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmTile } from './wasm-tile.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

test('agrees with cpu on random shapes and repetitions', async () => {
  const axis = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }))
  await fc.assert(
    fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 5 }), async (axes) => {
      const compute = (): Tensor =>
        tile(
          new Samples(3).uniform(axes.map(([size]) => size)),
          axes.map(([, count]) => count),
        )
      expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBe(0)
    }),
    { numRuns: 80, seed: 1 },
  )
})

test('keeps dtypes, empty tensors and large broadcasts', async () => {
  const cases: (() => Tensor)[] = [
    () => broadcastTo(new Samples(1).uniform([1, 200]), [300, 200]),
    () => broadcastTo(new Samples(1).uniform([300, 1]), [300, 200]),
    () => tile(new Samples(1).integers([2, 3], 9), [2, 2]),
    () => cast(tile(cast(new Samples(1).integers([2, 3], 2), 'bool'), [1, 3]), 'int32'),
    () => tile(new Samples(1).uniform([2, 0]), [3, 2]),
    () => tile(new Samples(1).uniform([2, 3]), [1, 1]),
  ]
  for (const compute of cases) {
    const [ours, theirs] = [await runOn('wasm', compute), await runOn('cpu', compute)]
    expect(difference(ours, theirs)).toBe(0)
  }
})

test('gives what the stock kernel gives, which is right but slow', async () => {
  const compute = (): Tensor => tile(new Samples(2).uniform([2, 3]), [2, 2])
  const stock = await runStock('wasm', [wasmTile], compute)
  expect(difference(stock, await runOn('wasm', compute))).toBe(0)
})
