import type { Tensor } from '@tensorflow/tfjs-core'
import { backend_util, engine, setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmConv3dInputGradient } from './wasm-conv3d-input-gradient.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

type Shape = [number, number, number, number, number]

const gradient =
  (inputShape: Shape, filterShape: Shape, stride: number, pad: 'same' | 'valid') => (): Tensor => {
    const samples = new Samples(4)
    const { outShape } = backend_util.computeConv3DInfo(inputShape, filterShape, stride, 1, pad)
    const dy = samples.uniform(outShape)
    const filter = samples.uniform(filterShape)
    const strides = [stride, stride, stride]
    const attrs = { strides, pad, inputShape }
    return engine().runKernel('Conv3DBackpropInputV2', { dy, filter }, attrs) as Tensor
  }

test.each<[Shape, Shape, number, 'same' | 'valid']>([
  [[1, 6, 6, 6, 2], [3, 3, 3, 2, 4], 1, 'same'],
  [[2, 5, 6, 7, 3], [2, 3, 2, 3, 2], 2, 'same'],
  [[2, 5, 6, 7, 1], [3, 2, 3, 1, 5], 1, 'valid'],
])('agrees with cpu: %j', async (inputShape, filterShape, stride, pad) => {
  const compute = gradient(inputShape, filterShape, stride, pad)
  expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBeLessThan(1e-5)
})

test('is needed: most values of the stock kernel are wrong', async () => {
  const compute = gradient([1, 6, 6, 6, 2], [3, 3, 3, 2, 4], 1, 'same')
  const stock = await runStock('wasm', [wasmConv3dInputGradient], compute)
  expect(difference(stock, await runOn('cpu', compute))).toBeGreaterThan(0.1)
})
