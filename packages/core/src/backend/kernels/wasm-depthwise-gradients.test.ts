import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import {
  backend_util,
  depthwiseConv2d,
  engine,
  mul,
  setBackend,
  stack,
  sum,
} from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmDepthwiseGradients } from './wasm-depthwise-gradients.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

type Shape = [number, number, number, number]
type Pair = [number, number]

interface Case {
  readonly inputShape: Shape
  readonly filterShape: Shape
  readonly strides: Pair
  readonly dilations: Pair
  readonly pad: 'same' | 'valid'
}

const gradient =
  (wrt: 'Filter' | 'Input', { inputShape, filterShape, strides, dilations, pad }: Case) =>
  (): Tensor => {
    const samples = new Samples(3)
    const { outShape } = backend_util.computeConv2DInfo(
      inputShape,
      filterShape,
      strides,
      dilations,
      pad,
      undefined,
      true,
    )
    const dy = samples.uniform(outShape)
    const inputs =
      wrt === 'Filter'
        ? { x: samples.uniform(inputShape), dy }
        : { dy, filter: samples.uniform(filterShape) }
    const attrs = { strides, dilations, pad, inputShape, filterShape }
    return engine().runKernel(`DepthwiseConv2dNativeBackprop${wrt}`, inputs, attrs) as Tensor
  }

test('both agree with cpu on random shapes, strides and paddings', async () => {
  const size = fc.integer({ min: 3, max: 9 })
  const few = fc.integer({ min: 1, max: 3 })
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(few, size, size, few),
      fc.tuple(few, few, few),
      fc.tuple(few, few),
      fc.constantFrom('same' as const, 'valid' as const),
      fc.constantFrom('Filter' as const, 'Input' as const),
      async (inputShape, [height, width, multiplier], strides, pad, wrt) => {
        const filterShape: Shape = [height, width, inputShape[3], multiplier]
        const compute = gradient(wrt, { inputShape, filterShape, strides, dilations: [1, 1], pad })
        expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBeLessThan(
          1e-5,
        )
      },
    ),
    { numRuns: 100, seed: 1 },
  )
})

test('both are adjoint to the dilated forward pass', async () => {
  // cpu's own gradients ignore dilations: <dy, conv(x, w)> = <dx, x> = <dw, w> says it all.
  const shapes: Case = {
    inputShape: [2, 9, 8, 3],
    filterShape: [3, 2, 3, 2],
    strides: [1, 1],
    dilations: [2, 2],
    pad: 'same',
  }
  const forward = (): Tensor => {
    const samples = new Samples(3)
    const dy = samples.uniform([2, 9, 8, 6])
    const x = samples.uniform(shapes.inputShape) as Tensor4D
    const w = new Samples(5).uniform(shapes.filterShape) as Tensor4D
    const { runKernel } = engine()
    const attrs = { ...shapes }
    const dx = runKernel.call(
      engine(),
      'DepthwiseConv2dNativeBackpropInput',
      { dy, filter: w },
      attrs,
    )
    const dw = runKernel.call(engine(), 'DepthwiseConv2dNativeBackpropFilter', { x, dy }, attrs)
    const y = depthwiseConv2d(x, w, [1, 1], 'same', 'NHWC', [2, 2])
    return stack([sum(mul(dy, y)), sum(mul(dx as Tensor, x)), sum(mul(dw as Tensor, w))])
  }
  const [y, dx, dw] = (await runOn('wasm', forward)).values
  expect(dx).toBeCloseTo(y as number, 4)
  expect(dw).toBeCloseTo(y as number, 4)
})

test('are needed: wasm registers no such kernels', async () => {
  const shapes: Case = {
    inputShape: [1, 4, 4, 2],
    filterShape: [2, 2, 2, 1],
    strides: [1, 1],
    dilations: [1, 1],
    pad: 'same',
  }
  for (const wrt of ['Filter', 'Input'] as const) {
    const attempt = runStock('wasm', wasmDepthwiseGradients, gradient(wrt, shapes))
    await expect(attempt).rejects.toThrow(/not registered/)
  }
})
