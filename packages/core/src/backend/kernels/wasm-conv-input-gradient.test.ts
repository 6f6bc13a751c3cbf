import type { Tensor } from '@tensorflow/tfjs-core'
import { backend_util, engine, getKernel, setBackend, tidy } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { prepareBackend } from '../prepare.ts'
import { difference, runOn, Samples } from './testing.ts'

beforeAll(async () => {
  await setBackend('cpu')
})

type Shape = [number, number, number, number]

const gradient =
  (
    inputShape: Shape,
    filterShape: Shape,
    strides: [number, number],
    pad: 'same' | 'valid' | number,
  ) =>
  (): Tensor => {
    const samples = new Samples(8)
    const { outShape } = backend_util.computeConv2DInfo(inputShape, filterShape, strides, 1, pad)
    return engine().runKernel(
      'Conv2DBackpropInput',
      { dy: samples.uniform(outShape), filter: samples.uniform(filterShape) },
      { strides, pad, dataFormat: 'NHWC', inputShape },
    ) as Tensor
  }

test('agrees with cpu on random shapes, strides and paddings', async () => {
  const size = fc.integer({ min: 1, max: 9 })
  const few = fc.integer({ min: 1, max: 4 })
  const pads = fc.constantFrom('same' as const, 'valid' as const, 0, 1, 3)
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(few, size, size, few),
      fc.tuple(few, few, few),
      fc.tuple(few, few),
      pads,
      async (inputShape, [height, width, outChannels], strides, pad) => {
        // tfjs takes a number for square filters and strides only: it uses the height for both.
        fc.pre(typeof pad === 'string' || (height === width && strides[0] === strides[1]))
        const extra = typeof pad === 'number' ? 2 * pad : 0
        fc.pre(
          pad === 'same' || (inputShape[1] + extra >= height && inputShape[2] + extra >= width),
        )
        const filterShape: Shape = [height, width, inputShape[3], outChannels]
        const compute = gradient(inputShape, filterShape, strides, pad)
        expect(difference(await runOn('wasm', compute), await runOn('cpu', compute))).toBeLessThan(
          1e-5,
        )
      },
    ),
    { numRuns: 120, seed: 1 },
  )
})

test.each<[number, [number, number]]>([
  [1, [1, 1]],
  [2, [2, 2]],
])('agrees on a large shape with stride %i and repeats byte for byte', async (_, strides) => {
  const compute = gradient([8, 32, 32, 16], [4, 4, 16, 8], strides, 'same')
  const first = await runOn('wasm', compute)
  expect(difference(first, await runOn('cpu', compute))).toBeLessThan(1e-5)
  expect((await runOn('wasm', compute)).values).toEqual(first.values)
})

test('goes through the blocked kernels, not the stock loop', async () => {
  await setBackend('wasm')
  prepareBackend()
  const used = (strides: [number, number]): string[] => {
    const kernels: string[] = []
    for (const kernelName of ['Conv2D', 'BatchMatMul']) {
      const config = getKernel(kernelName, 'wasm')
      const { kernelFunc } = config
      config.kernelFunc = (args) => {
        kernels.push(kernelName)
        return kernelFunc(args)
      }
      restore.push(() => {
        config.kernelFunc = kernelFunc
      })
    }
    tidy(() => gradient([2, 6, 6, 2], [3, 3, 2, 2], strides, 'same')())
    for (const undo of restore.splice(0)) undo()
    return kernels
  }
  const restore: (() => void)[] = []
  expect(used([1, 1])).toEqual(['Conv2D'])
  expect(used([2, 2])).toEqual(['BatchMatMul'])
  await setBackend('cpu')
})
