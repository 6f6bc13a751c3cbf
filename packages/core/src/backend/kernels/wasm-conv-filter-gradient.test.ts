import type { Tensor } from '@tensorflow/tfjs-core'
import { backend_util, engine, setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { difference, runOn, runStock, Samples } from './testing.ts'
import { wasmConvFilterGradient } from './wasm-conv-filter-gradient.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

type Shape = [number, number, number, number]

const gradient =
  (xShape: Shape, filterShape: Shape, strides: [number, number], pad: 'same' | 'valid' | number) =>
  (): Tensor => {
    const samples = new Samples(6)
    const x = samples.uniform(xShape)
    const { outShape } = backend_util.computeConv2DInfo(xShape, filterShape, strides, 1, pad)
    const dy = samples.uniform(outShape)
    return engine().runKernel(
      'Conv2DBackpropFilter',
      { x, dy },
      { strides, pad, dataFormat: 'NHWC', filterShape },
    ) as Tensor
  }

test('agrees with cpu on random shapes, strides and paddings', async () => {
  const size = fc.integer({ min: 1, max: 9 })
  const few = fc.integer({ min: 1, max: 4 })
  const pads = fc.constantFrom('same' as const, 'valid' as const, 0, 1, 2)
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(few, size, size, few),
      fc.tuple(few, few, few),
      fc.tuple(few, few),
      pads,
      async (xShape, [height, width, outChannels], strides, pad) => {
        // tfjs takes a number for square filters and strides only: it uses the height for both.
        fc.pre(typeof pad === 'string' || (height === width && strides[0] === strides[1]))
        const extra = typeof pad === 'number' ? 2 * pad : 0
        fc.pre(pad === 'same' || (xShape[1] + extra >= height && xShape[2] + extra >= width))
        const compute = gradient(xShape, [height, width, xShape[3], outChannels], strides, pad)
        expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBeLessThan(
          1e-5,
        )
      },
    ),
    { numRuns: 120, seed: 1 },
  )
})

test('agrees on a large shape and repeats byte for byte', async () => {
  const compute = gradient([8, 20, 20, 12], [3, 3, 12, 20], [2, 2], 'same')
  const first = await runOn('wasm', compute)
  expect(difference(first, await runOn('cpu', compute))).toBeLessThan(1e-5)
  expect((await runOn('wasm', compute)).values).toEqual(first.values)
})

test('is needed: wasm registers no such kernel', async () => {
  const compute = gradient([1, 4, 4, 1], [2, 2, 1, 1], [1, 1], 'same')
  await expect(runStock('wasm', [wasmConvFilterGradient], compute)).rejects.toThrow(
    /not registered/,
  )
})

test('has a product of its own for filters of 1x1, zeros for an empty batch, and channels last alone', async () => {
  for (const pad of ['same', 'valid'] as const) {
    const single = gradient([2, 5, 4, 3], [1, 1, 3, 2], [1, 1], pad)
    expect(difference(await runOn('wasm', single), await runOn('cpu', single))).toBeLessThan(1e-5)
  }
  const empty = gradient([0, 5, 4, 3], [2, 2, 3, 2], [1, 1], 'valid')
  const { values } = await runOn('wasm', empty)
  expect(Array.from(values)).toEqual(Array(24).fill(0))
  const channelsFirst = (): Tensor => {
    const samples = new Samples(6)
    const [x, dy] = [samples.uniform([1, 4, 4, 1]), samples.uniform([1, 4, 4, 1])]
    const attributes = { strides: 1, pad: 'same', dataFormat: 'NCHW', filterShape: [1, 1, 1, 1] }
    return engine().runKernel('Conv2DBackpropFilter', { x, dy }, attributes) as Tensor
  }
  await expect(runOn('wasm', channelsFirst)).rejects.toThrow(
    "Conv2DBackpropFilter: dataFormat 'NCHW' came; the wasm backend has only 'NHWC'.",
  )
})
