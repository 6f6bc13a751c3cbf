import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core'
import { backend, matMul, setBackend, zeros } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, Samples } from './testing.ts'
import { wasmMatMul } from './wasm-matmul.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

interface Case {
  readonly batchA: number[]
  readonly batchB: number[]
  readonly m: number
  readonly k: number
  readonly n: number
  readonly transposeA: boolean
  readonly transposeB: boolean
}

const product =
  ({ batchA, batchB, m, k, n, transposeA, transposeB }: Case, seed: number) =>
  (): Tensor => {
    const samples = new Samples(seed)
    const a = samples.uniform([...batchA, ...(transposeA ? [k, m] : [m, k])])
    const b = samples.uniform([...batchB, ...(transposeB ? [n, k] : [k, n])])
    return matMul(a, b, transposeA, transposeB)
  }

test('agrees with cpu on random shapes, transposed and broadcast', async () => {
  const length = fc.integer({ min: 1, max: 9 })
  const batches = fc.constantFrom<number[][]>(
    [[], []],
    [[3], [3]],
    [[3], [1]],
    [
      [2, 3],
      [2, 3],
    ],
    [
      [1, 3],
      [2, 1],
    ],
    [[3], []],
  )
  await fc.assert(
    fc.asyncProperty(
      batches,
      fc.tuple(length, length, length),
      fc.tuple(fc.boolean(), fc.boolean()),
      async ([batchA = [], batchB = []], [m, k, n], [transposeA, transposeB]) => {
        const compute = product({ batchA, batchB, m, k, n, transposeA, transposeB }, 3)
        const expected = await runOn('cpu', compute)
        expect(difference(await runOn('wasm', compute), expected)).toBeLessThan(1e-6)
      },
    ),
    { numRuns: 60, seed: 1 },
  )
})

test('agrees on large shapes and repeats byte for byte', async () => {
  const compute = product(
    { batchA: [], batchB: [], m: 301, k: 257, n: 130, transposeA: true, transposeB: true },
    5,
  )
  const first = await runOn('wasm', compute)
  expect(difference(first, await runOn('cpu', compute))).toBeLessThan(1e-5)
  expect((await runOn('wasm', compute)).values).toEqual(first.values)
})

test('is needed: the stock kernel hands transposed operands to its slow loop', async () => {
  await setBackend('wasm')
  // No clock in a test: the stock kernel must never be asked for a transposed operand.
  const asked: unknown[] = []
  const kernel = wasmMatMul.make(({ inputs, attrs }) => {
    asked.push(attrs)
    return inputs['a'] as TensorInfo
  })
  const a = zeros([3, 4])
  expect(() =>
    kernel({ inputs: { a, b: a }, backend: backend(), attrs: { transposeA: true } }),
  ).not.toThrow()
  expect(asked).toEqual([{ transposeA: false, transposeB: false }])
  a.dispose()
  await setBackend('cpu')
})
