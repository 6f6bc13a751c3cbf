import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { setBackend, unsortedSegmentSum } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, expect, test } from 'vitest'
import { cpuSegmentSum } from './cpu-segment-sum.ts'
import { difference, runOn, runStock, Samples } from './testing.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

test.each<[number, number[], number]>([
  [40, [], 5],
  [1, [3], 4],
  [60, [2, 3], 9],
])(
  'agrees with the stock kernel, ids past the end left out: %i rows of %j',
  async (rows, width, segments) => {
    const compute = (): Tensor => {
      const samples = new Samples(rows)
      const x = samples.uniform([rows, ...width])
      return unsortedSegmentSum(x, samples.integers([rows], segments + 2) as Tensor1D, segments)
    }
    const stock = await runStock('cpu', [cpuSegmentSum], compute)
    expect(difference(await runOn('cpu', compute), stock)).toBeLessThan(1e-6)
  },
)

test('is needed: the stock kernel runs a product for every segment', () => {
  // Nothing to see in the numbers; this one must not call another kernel, whatever the number of segments.
  const kernel = cpuSegmentSum.make(undefined)
  const made: number[][] = []
  const values = new Map<number, Float32Array | Int32Array>([
    [1, new Float32Array([1, 2, 3])],
    [2, new Int32Array([0, 99999, 0])],
  ])
  kernel({
    inputs: {
      x: { dataId: 1 as never, shape: [3], dtype: 'float32' },
      segmentIds: { dataId: 2 as never, shape: [3], dtype: 'int32' },
    },
    attrs: { numSegments: 100000 },
    backend: {
      data: { get: (id: number) => ({ values: values.get(id) }) },
      makeTensorInfo: (_: number[], __: string, sums: Float32Array) => {
        made.push([sums[0] as number, sums[99999] as number])
        return { dataId: {}, shape: [100000], dtype: 'float32' }
      },
    },
  })
  expect(made).toEqual([[4, 2]])
})
