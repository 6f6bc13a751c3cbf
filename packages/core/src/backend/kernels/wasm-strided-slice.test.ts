import type { DataType, Tensor } from '@tensorflow/tfjs-core'
import { setBackend, stridedSlice } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmStridedSlice } from './wasm-strided-slice.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

const slice = (dtype: DataType, begin: number[], end: number[], strides: number[]) => (): Tensor =>
  stridedSlice(
    new Samples(1).integers([5, 4, 6], dtype === 'bool' ? 2 : 1e9, dtype),
    begin,
    end,
    strides,
  )

/** A range of one axis that is not empty, in either direction: begin, end, stride. */
const ranges = (length: number) =>
  fc
    .tuple(fc.nat(length - 1), fc.nat(length), fc.constantFrom(-3, -2, -1, 1, 2, 3))
    .map(([begin, extent, stride]): [number, number, number] =>
      stride > 0
        ? [begin, Math.min(length, begin + 1 + extent), stride]
        : // An end before the first element is written as one below -length.
          [begin, Math.max(-1, begin - 1 - extent) - length, stride],
    )

test('agrees with cpu on all types and random ranges', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<DataType>('int32', 'bool', 'float32'),
      fc.tuple(ranges(5), ranges(4), ranges(6)),
      async (dtype, axes) => {
        const [begin, end, strides] = [0, 1, 2].map((part) => axes.map((axis) => axis[part]))
        const compute = slice(dtype, begin as number[], end as number[], strides as number[])
        expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBe(0)
      },
    ),
    { numRuns: 80, seed: 1 },
  )
})

test('an axis that is taken away, and a new one', async () => {
  for (const dtype of ['int32', 'bool'] as const) {
    const x = (): Tensor => new Samples(1).integers([5, 4, 6], dtype === 'bool' ? 2 : 1e9, dtype)
    const shrunk = (): Tensor => stridedSlice(x(), [3, 0, 1], [4, 3, 6], [1, 2, 2], 0, 0, 0, 0, 1)
    const added = (): Tensor =>
      stridedSlice(x(), [2, 0, 1, 1], [3, 1, 3, 6], [1, 1, 1, 2], 0, 0, 0, 2, 1)
    const result = await runOn('wasm', shrunk)
    // cpu forgets the axis too where a step is not 1: the same slice without taking it away.
    const whole = await runOn('cpu', () => stridedSlice(x(), [3, 0, 1], [4, 3, 6], [1, 2, 2]))
    expect([result.shape, result.values]).toEqual([[2, 3], whole.values])
    const placed = await runOn('wasm', added)
    const plain = await runOn('cpu', () => stridedSlice(x(), [2, 1, 1], [3, 3, 6], [1, 1, 2]))
    expect([placed.shape, placed.values]).toEqual([[1, 2, 3], plain.values])
  }
})

test('is needed: the stock kernel returns float32', async () => {
  const compute = slice('int32', [0, 0, 0], [5, 4, 6], [2, 2, 2])
  expect((await runStock('wasm', [wasmStridedSlice], compute)).dtype).toBe('float32')
  expect((await runOn('wasm', compute)).dtype).toBe('int32')
})
