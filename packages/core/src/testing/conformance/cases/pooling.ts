/** Pools, resizing and normalisation of images. */
import type { Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import type { Sample } from '../sample.ts'
import { exactly, floats } from '../sample.ts'
import { elementwise } from '../truth.ts'
import { pooled } from '../truth-windows.ts'

const average = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length
const most = (values: readonly number[]): number => Math.max(...values)

const windows = [
  { size: 2, stride: 2, pad: 'valid' as const },
  { size: 3, stride: 1, pad: 'same' as const },
  { size: 3, stride: 2, pad: 'same' as const },
  { size: 2, stride: 1, pad: 'valid' as const },
]

const flat: readonly Operation[] = windows.flatMap(({ size, stride, pad }, i): Operation[] => {
  const shape = [2, 6, 5, 2]
  const label = `${size}, stride ${stride}, ${pad}`
  return [
    {
      name: `maxPool ${label}`,
      kernels: ['MaxPool'],
      gradientKernels: ['MaxPoolGrad'],
      // Negative maxima among them, which a gradient once lost on wasm.
      make: () => [floats(shape, { low: -1, high: 0.4 })],
      run: (x) => tf.maxPool(x as Tensor4D, size, stride, pad),
      truth: ([x]) => [pooled(x as Sample, size, { stride, pad }, most)],
      step: 0.002,
      order: i < 2 ? 2 : 1,
    },
    {
      name: `avgPool ${label}`,
      kernels: ['AvgPool'],
      gradientKernels: ['AvgPoolGrad'],
      make: () => [floats(shape)],
      run: (x) => tf.avgPool(x as Tensor4D, size, stride, pad),
      truth: ([x]) => [pooled(x as Sample, size, { stride, pad }, average)],
      order: i < 2 ? 2 : 1,
    },
  ]
})

const solid: readonly Operation[] = [
  {
    name: 'maxPool3d 2, stride 2, same',
    kernels: ['MaxPool3D'],
    gradientKernels: ['MaxPool3DGrad'],
    make: () => [floats([1, 4, 3, 5, 2])],
    run: (x) => tf.maxPool3d(x as Tensor5D, 2, 2, 'same'),
    truth: ([x]) => [pooled(x as Sample, 2, { stride: 2, pad: 'same' }, most)],
    step: 0.002,
    order: 1,
  },
  {
    name: 'avgPool3d 2, stride 1, valid',
    kernels: ['AvgPool3D'],
    gradientKernels: ['AvgPool3DGrad'],
    make: () => [floats([1, 4, 3, 4, 2])],
    run: (x) => tf.avgPool3d(x as Tensor5D, 2, 1, 'valid'),
    truth: ([x]) => [pooled(x as Sample, 2, { stride: 1, pad: 'valid' }, average)],
  },
  {
    name: 'maxPool gives a tie to one place',
    kernels: ['MaxPool'],
    gradientKernels: ['MaxPoolGrad'],
    make: () => [
      exactly(
        Array.from({ length: 16 }, () => 0.5),
        [1, 4, 4, 1],
      ),
    ],
    run: (x) => tf.maxPool(x as Tensor4D, 2, 2, 'valid'),
    order: 1,
    step: 0,
  },
]

const ways = [
  [false, false],
  [true, false],
  [false, true],
] as const

const resizing: readonly Operation[] = (
  [
    ['ResizeBilinear', tf.image.resizeBilinear],
    ['ResizeNearestNeighbor', tf.image.resizeNearestNeighbor],
  ] as const
).flatMap(([kernel, resize]) =>
  ways.map(
    ([corners, centers]): Operation => ({
      name: `${kernel}${corners ? ', aligned corners' : ''}${centers ? ', half-pixel centres' : ''}`,
      kernels: [kernel],
      make: () => [floats([2, 4, 5, 2])],
      run: (x) =>
        (
          [
            [8, 9],
            [3, 2],
          ] as [number, number][]
        ).map((size) => resize(x as Tensor4D, size, corners, centers)),
      // Linear: the second order has nothing of its own.
      order: 1,
    }),
  ),
)

const normalising: readonly Operation[] = [
  {
    name: 'batchNorm, the statistics as inputs',
    kernels: ['FusedBatchNorm'],
    make: () => [
      floats([2, 3, 2, 4]),
      floats([4], { seed: 2 }),
      floats([4], { seed: 3, low: 0.5, high: 1.5 }),
      floats([4], { seed: 4 }),
      floats([4], { seed: 5 }),
    ],
    run: (...xs) =>
      tf.batchNorm(
        ...(xs as [Tensor, ...tf.Tensor1D[]] as [Tensor, tf.Tensor1D, tf.Tensor1D]),
        1e-2,
      ),
    truth: elementwise(
      (x, mean, variance, offset, scale) =>
        (scale * (x - mean)) / Math.sqrt(variance + 1e-2) + offset,
    ),
  },
  {
    name: 'layer normalisation by operations',
    kernels: ['Mean', 'Rsqrt'],
    make: () => [floats([3, 6]), floats([6], { seed: 2 })],
    run: (x, scale) => {
      const { mean, variance } = tf.moments(x as Tensor, -1, true)
      return tf.mul(
        tf.mul(tf.sub(x as Tensor, mean), tf.rsqrt(tf.add(variance, 1e-5))),
        scale as Tensor,
      )
    },
  },
  {
    name: 'LRN',
    kernels: ['LRN'],
    make: () => [floats([1, 2, 2, 7])],
    run: (x) => tf.localResponseNormalization(x as Tensor4D, 2, 1, 0.5, 0.6),
  },
]

/** Cases of pools, resizing and normalisation. */
export const poolingCases: readonly ConformanceCase[] = [
  ...casesOf('pools', [...flat, ...solid]),
  ...casesOf('images, normalisation', [...resizing, ...normalising]),
]
