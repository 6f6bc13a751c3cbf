/** Convolutions: plain, by channel, dilated, transposed, fused and in three dimensions. */
import type { Tensor, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import type { Sample } from '../sample.ts'
import { floats } from '../sample.ts'
import type { Windows } from '../truth-windows.ts'
import { convolved, convolvedByChannel } from '../truth-windows.ts'

interface Row extends Windows {
  readonly x: readonly number[]
  readonly size: number
  /** Second order too; the expensive one, once for each kind of kernel. */
  readonly order?: 1 | 2
}

const rows: readonly Row[] = [
  { x: [2, 5, 6, 3], size: 3, stride: 1, pad: 'same', order: 2 },
  { x: [2, 7, 6, 3], size: 3, stride: 2, pad: 'same', order: 2 },
  { x: [2, 6, 5, 3], size: 3, stride: 1, pad: 'valid' },
  { x: [1, 8, 8, 2], size: 4, stride: 2, pad: 'same' },
  { x: [2, 7, 7, 2], size: 3, stride: 2, pad: 1 },
  { x: [2, 4, 5, 3], size: 1, stride: 1, pad: 'valid' },
  { x: [1, 8, 7, 2], size: 3, stride: 1, pad: 'same', dilation: 2, order: 1 },
]

const label = ({ x, size, stride, pad, dilation }: Row): string =>
  `${x.slice(1, -1).join('x')} by ${size}, stride ${stride}, ${typeof pad === 'number' ? `pad ${pad}` : pad}${dilation === undefined ? '' : `, dilation ${dilation}`}`

const plain: readonly Operation[] = rows.map((row) => {
  const { x, size, stride, pad, dilation = 1, order = 1 } = row
  const channels = x[3] as number
  return {
    name: `conv2d ${label(row)}`,
    kernels: ['Conv2D'],
    // core's gradient of a dilated convolution is made of other kernels.
    gradientKernels: dilation === 1 ? ['Conv2DBackpropInput', 'Conv2DBackpropFilter'] : [],
    make: () => [floats(x), floats([size, size, channels, 4], { seed: 2 })],
    run: (images, filter) =>
      tf.conv2d(
        images as Tensor4D,
        filter as Tensor4D,
        stride,
        pad,
        'NHWC',
        dilation,
        typeof pad === 'number' ? 'floor' : undefined,
      ),
    truth: ([images, filter]) => [convolved(images as Sample, filter as Sample, row)],
    order,
  }
})

const byChannel: readonly Operation[] = rows
  .filter(({ size }) => size > 1)
  .map((row) => {
    const { x, size, stride, pad, dilation = 1, order = 1 } = row
    return {
      name: `depthwiseConv2d ${label(row)}`,
      kernels: ['DepthwiseConv2dNative'],
      gradientKernels:
        dilation === 1
          ? ['DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter']
          : [],
      make: () => [floats(x), floats([size, size, x[3] as number, 2], { seed: 2 })],
      run: (images, filter) =>
        tf.depthwiseConv2d(
          images as Tensor4D,
          filter as Tensor4D,
          stride,
          pad,
          'NHWC',
          dilation,
          typeof pad === 'number' ? 'floor' : undefined,
        ),
      truth: ([images, filter]) => [convolvedByChannel(images as Sample, filter as Sample, row)],
      order,
    }
  })

const solidRows: readonly (Row & { readonly pad: 'same' | 'valid' })[] = [
  { x: [1, 4, 5, 4, 2], size: 3, stride: 1, pad: 'same', order: 2 },
  { x: [2, 5, 4, 5, 2], size: 2, stride: 2, pad: 'valid', order: 2 },
  { x: [2, 4, 5, 3, 2], size: 3, stride: 2, pad: 'same' },
  { x: [1, 5, 6, 5, 2], size: 2, stride: 1, pad: 'same', dilation: 2 },
  { x: [2, 3, 2, 4, 3], size: 1, stride: 1, pad: 'valid' },
]

const solid: readonly Operation[] = solidRows.map((row) => {
  const { x, size, stride, pad, dilation = 1, order = 1 } = row
  return {
    name: `conv3d ${label(row)}`,
    kernels: ['Conv3D'],
    gradientKernels: ['Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2'],
    make: () => [floats(x), floats([size, size, size, x[4] as number, 3], { seed: 2 })],
    run: (volume, filter) =>
      tf.conv3d(volume as Tensor5D, filter as Tensor5D, stride, pad, 'NDHWC', dilation),
    truth: ([volume, filter]) => [convolved(volume as Sample, filter as Sample, row)],
    order,
  }
})

const others: readonly Operation[] = [
  {
    name: 'conv2dTranspose by 4, stride 2',
    kernels: ['Conv2DBackpropInput'],
    gradientKernels: ['Conv2D', 'Conv2DBackpropFilter'],
    make: () => [floats([2, 3, 4, 3]), floats([4, 4, 2, 3], { seed: 2 })],
    run: (x, filter) =>
      tf.conv2dTranspose(x as Tensor4D, filter as Tensor4D, [2, 6, 8, 2], 2, 'same'),
  },
  {
    name: 'conv3dTranspose by 3, stride 2',
    kernels: ['Conv3DBackpropInputV2'],
    gradientKernels: ['Conv3D', 'Conv3DBackpropFilterV2'],
    make: () => [floats([2, 2, 3, 2, 3]), floats([3, 3, 3, 2, 3], { seed: 2 })],
    run: (x, filter) =>
      tf.conv3dTranspose(x as Tensor5D, filter as Tensor5D, [2, 4, 6, 4, 2], 2, 'same'),
  },
  {
    name: 'sequences: conv2d and depthwiseConv2d of one row',
    kernels: ['Conv2D', 'DepthwiseConv2dNative'],
    make: () => [
      floats([2, 1, 9, 5]),
      floats([1, 4, 5, 3], { seed: 2 }),
      floats([1, 5, 5, 1], { seed: 3 }),
    ],
    run: (x, filter, depth) => [
      tf.conv2d(x as Tensor4D, filter as Tensor4D, [1, 2], 'same'),
      tf.depthwiseConv2d(x as Tensor4D, depth as Tensor4D, 1, 'same'),
      tf.depthwiseConv2d(x as Tensor4D, depth as Tensor4D, 2, 'same'),
      tf.depthwiseConv2d(x as Tensor4D, depth as Tensor4D, 1, 'valid', 'NHWC', [1, 2]),
    ],
    order: 1,
  },
  {
    name: 'conv1d and separableConv2d',
    kernels: ['Conv2D', 'DepthwiseConv2dNative'],
    make: () => [
      floats([2, 8, 3]),
      floats([3, 3, 4], { seed: 2 }),
      floats([1, 5, 5, 2], { seed: 3 }),
      floats([3, 3, 2, 1], { seed: 4 }),
      floats([1, 1, 2, 3], { seed: 5 }),
    ],
    run: (x, f, images, depth, point) => [
      tf.conv1d(x as tf.Tensor3D, f as tf.Tensor3D, 1, 'same'),
      tf.separableConv2d(images as Tensor4D, depth as Tensor4D, point as Tensor4D, 1, 'same'),
    ],
    order: 1,
  },
  ...(['relu', 'sigmoid'] as const).map(
    (activation): Operation => ({
      name: `fused convolutions, ${activation}`,
      kernels: ['FusedConv2D', 'FusedDepthwiseConv2D'],
      make: () => [
        floats([2, 5, 5, 3]),
        floats([3, 3, 3, 4], { seed: 2 }),
        floats([4], { seed: 3 }),
        floats([3, 3, 3, 1], { seed: 4 }),
        floats([3], { seed: 5 }),
      ],
      run: (x, filter, bias, depth, offset) => [
        tf.fused.conv2d({
          x: x as Tensor4D,
          filter: filter as Tensor4D,
          bias: bias as Tensor,
          strides: 1,
          pad: 'same',
          activation,
        }),
        tf.fused.depthwiseConv2d({
          x: x as Tensor4D,
          filter: depth as Tensor4D,
          bias: offset as Tensor,
          strides: 1,
          pad: 'same',
          activation,
        }),
      ],
      order: 0,
    }),
  ),
]

/** Cases of convolutions. */
export const convolutionCases: readonly ConformanceCase[] = casesOf('convolutions', [
  ...plain,
  ...byChannel,
  ...solid,
  ...others,
])
