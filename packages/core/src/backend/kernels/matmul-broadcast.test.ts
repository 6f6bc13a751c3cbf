import type { Tensor } from '@tensorflow/tfjs-core'
import { matMul, setBackend, tile } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { cpuReplacements } from './cpu.ts'
import { broadcastMatMul, withWholeBatches } from './matmul-broadcast.ts'
import { difference, runOn, runStock, Samples } from './testing.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

const operands = (a: number[], b: number[]): [Tensor, Tensor] => {
  const samples = new Samples(2)
  return [samples.uniform(a), samples.uniform(b)]
}

test.each(['cpu', 'wasm'])(
  'on %s, batches broadcast both ways are as if repeated',
  async (name) => {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, true],
    ] as const) {
      const rows = transposeA ? [4, 3] : [3, 4]
      const columns = transposeB ? [5, 4] : [4, 5]
      const product = (): Tensor =>
        matMul(...operands([2, 1, ...rows], [1, 3, ...columns]), transposeA, transposeB)
      const repeated = (): Tensor => {
        const [a, b] = operands([2, 1, ...rows], [1, 3, ...columns])
        return matMul(tile(a, [1, 3, 1, 1]), tile(b, [2, 1, 1, 1]), transposeA, transposeB)
      }
      expect(difference(await runOn(name, product), await runOn('cpu', repeated))).toBeLessThan(
        1e-6,
      )
    }
  },
)

test('what tfjs counts right is left to it', () => {
  const seen: unknown[] = []
  const kernel = withWholeBatches('cpu', (args) => {
    seen.push(args)
    return []
  })
  const info = (shape: number[]) => ({ dataId: {}, shape, dtype: 'float32' as const })
  for (const [a, b] of [
    [
      [2, 3],
      [3, 4],
    ],
    [
      [5, 2, 3],
      [3, 4],
    ],
    [
      [1, 5, 2, 3],
      [5, 3, 4],
    ],
    [
      [2, 5, 2, 3],
      [5, 3, 4],
    ],
  ] as [number[], number[]][]) {
    const args = { inputs: { a: info(a), b: info(b) }, backend: {}, attrs: {} }
    kernel(args)
    expect(seen.at(-1)).toBe(args)
  }
})

test('is needed: the stock kernel pairs them wrongly', async () => {
  const stock = cpuReplacements.filter(({ kernelName }) => kernelName === 'BatchMatMul')
  expect(stock).toHaveLength(1)
  expect(broadcastMatMul('cpu').kernelName).toBe('BatchMatMul')
  const compute = (): Tensor => matMul(...operands([2, 2, 3, 4], [2, 1, 4, 5]))
  const wrong = await runStock('cpu', stock, compute)
  expect(difference(wrong, await runOn('cpu', compute))).toBeGreaterThan(0.1)
})
