import type { Tensor } from '@tensorflow/tfjs-core'
import { backend_util, engine, setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmConv3dGradients } from './wasm-conv3d-gradients.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

type Shape = [number, number, number, number, number]
type Row = [input: Shape, filter: Shape, stride: number, pad: 'same' | 'valid']

const rows: readonly Row[] = [
  [[1, 6, 6, 6, 2], [3, 3, 3, 2, 4], 1, 'same'],
  [[2, 5, 6, 7, 3], [2, 3, 2, 3, 2], 2, 'same'],
  [[2, 5, 6, 7, 1], [3, 2, 3, 1, 5], 1, 'valid'],
  [[2, 5, 4, 5, 2], [2, 2, 2, 2, 3], 2, 'valid'],
]

const inputGradient =
  ([inputShape, filterShape, stride, pad]: Row) =>
  (): Tensor => {
    const samples = new Samples(4)
    const { outShape } = backend_util.computeConv3DInfo(inputShape, filterShape, stride, 1, pad)
    const dy = samples.uniform(outShape)
    const filter = samples.uniform(filterShape)
    const attrs = { strides: [stride, stride, stride], pad, inputShape }
    return engine().runKernel('Conv3DBackpropInputV2', { dy, filter }, attrs) as Tensor
  }

const filterGradient =
  ([inputShape, filterShape, stride, pad]: Row) =>
  (): Tensor => {
    const samples = new Samples(5)
    const { outShape } = backend_util.computeConv3DInfo(inputShape, filterShape, stride, 1, pad)
    const x = samples.uniform(inputShape)
    const dy = samples.uniform(outShape)
    const attrs = { strides: [stride, stride, stride], pad, filterShape }
    return engine().runKernel('Conv3DBackpropFilterV2', { x, dy }, attrs) as Tensor
  }

test.each(rows)('agree with cpu: %j by %j', async (...row) => {
  for (const compute of [inputGradient(row), filterGradient(row)]) {
    expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBeLessThan(1e-5)
  }
})

test('are needed: most values of the stock input gradient are wrong', async () => {
  const compute = inputGradient(rows[0] as Row)
  const stock = await runStock('wasm', wasmConv3dGradients, compute)
  expect(difference(stock, await runOn('cpu', compute))).toBeGreaterThan(0.1)
})

test('are needed: the stock filter gradient is wrong where a stride leaves input over', async () => {
  const compute = filterGradient(rows[3] as Row)
  const stock = await runStock('wasm', wasmConv3dGradients, compute)
  expect(difference(stock, await runOn('cpu', compute))).toBeGreaterThan(0.1)
})
