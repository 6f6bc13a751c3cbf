import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core'
import { fused, setBackend, tensor } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, describe, expect, test } from 'vitest'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmFused } from './wasm-fused.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

type Activation = 'linear' | 'relu' | 'relu6' | 'elu' | 'sigmoid' | 'prelu' | 'leakyrelu'

const product = (batch: number, transposed: boolean, activation: Activation) => (): Tensor => {
  const samples = new Samples(9)
  return fused.matMul({
    a: samples.uniform(transposed ? [batch, 7, 5] : [batch, 5, 7]) as Tensor3D,
    b: samples.uniform(transposed ? [batch, 4, 7] : [batch, 7, 4]) as Tensor3D,
    transposeA: transposed,
    transposeB: transposed,
    bias: samples.uniform([4]),
    activation,
    ...(activation === 'prelu' ? { preluActivationWeights: samples.uniform([1, 5, 4]) } : {}),
    leakyreluAlpha: 0.3,
  })
}

describe.each([
  [1, false],
  [1, true],
  [2, false],
  [3, true],
])('batch %i, transposed %s', (batch, transposed) => {
  test.each<Activation>(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'])(
    'agrees with cpu: %s',
    async (activation) => {
      const compute = product(batch, transposed, activation)
      expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBeLessThan(
        1e-6,
      )
    },
  )
})

test('is needed: the stock kernel adds one entry of the bias everywhere', async () => {
  for (const compute of [product(2, false, 'linear'), product(1, true, 'linear')]) {
    const stock = await runStock('wasm', wasmFused, compute)
    expect(difference(stock, await runOn('cpu', compute))).toBeGreaterThan(0.01)
  }
})

const convolution = (depthwise: boolean, activation: Activation) => (): Tensor => {
  const samples = new Samples(2)
  const config = {
    x: samples.uniform([2, 6, 5, 3]) as Tensor4D,
    filter: samples.uniform([3, 3, 3, 2]) as Tensor4D,
    strides: 1,
    pad: 'same' as const,
    bias: samples.uniform([depthwise ? 6 : 2]),
    activation,
    leakyreluAlpha: 0.3,
    ...(activation === 'prelu' ? { preluActivationWeights: samples.uniform([1, 1, 1]) } : {}),
  }
  return depthwise ? fused.depthwiseConv2d(config) : fused.conv2d(config)
}

test.each<Activation>(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'])(
  'the fused convolutions agree with cpu: %s',
  async (activation) => {
    for (const depthwise of [false, true]) {
      const compute = convolution(depthwise, activation)
      expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBeLessThan(
        1e-5,
      )
    }
  },
)

test('NaN passes through; the stock kernels make it 0', async () => {
  const diverged = (): Tensor =>
    fused.matMul({ a: tensor([Number.NaN, 1], [2, 1]), b: tensor([1], [1, 1]), activation: 'relu' })
  expect(Array.from((await runOn('wasm', diverged)).values)).toEqual([Number.NaN, 1])
  expect(Array.from((await runStock('wasm', wasmFused, diverged)).values)).toEqual([0, 1])
})
