import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'

type Convolution = (x: Tensor, filter: Tensor) => Tensor

/** Convolution, shape of the input, shape of the filter. */
const convolutions: Record<string, [Convolution, number[], number[]]> = {
  'conv2d, valid': [
    (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'valid'),
    [1, 3, 4, 2],
    [2, 2, 2, 2],
  ],
  'conv2d, same, stride 2': [
    (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 2, 'same'),
    [2, 4, 3, 1],
    [3, 2, 1, 2],
  ],
  'conv2d, padding 1': [
    (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 1),
    [1, 3, 3, 1],
    [3, 3, 1, 1],
  ],
  'conv2d, dilated': [
    (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same', 'NHWC', [2, 1]),
    [1, 4, 3, 2],
    [2, 2, 2, 1],
  ],
  'conv2dTranspose, stride 2': [
    (x, f) => tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [1, 4, 5, 2], 2, 'same'),
    [1, 2, 3, 1],
    [3, 3, 2, 1],
  ],
  conv1d: [
    (x, f) => tf.conv1d(x as tf.Tensor3D, f as tf.Tensor3D, 1, 'same'),
    [1, 5, 2],
    [3, 2, 2],
  ],
  'depthwise, same': [
    (x, f) => tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'),
    [1, 3, 3, 2],
    [2, 3, 2, 2],
  ],
  'depthwise, dilated': [
    (x, f) => tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'valid', 'NHWC', 2),
    [1, 4, 4, 2],
    [2, 2, 2, 1],
  ],
  separable: [
    (x, f) =>
      tf.separableConv2d(
        x as tf.Tensor4D,
        f as tf.Tensor4D,
        tf.ones([1, 1, 2, 3]) as tf.Tensor4D,
        1,
        'same',
      ),
    [1, 3, 3, 2],
    [2, 2, 2, 1],
  ],
  'conv3d, same': [
    (x, f) => tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, 1, 'same'),
    [1, 2, 3, 2, 2],
    [2, 2, 2, 2, 1],
  ],
  'conv3d, stride 2': [
    (x, f) => tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, 2, 'valid'),
    [1, 3, 3, 3, 1],
    [2, 2, 2, 1, 1],
  ],
  'conv3d, dilated': [
    (x, f) => tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, 1, 'valid', 'NDHWC', [1, 2, 1]),
    [1, 2, 3, 2, 1],
    [2, 2, 2, 1, 1],
  ],
  conv3dTranspose: [
    (x, f) => tf.conv3dTranspose(x as tf.Tensor5D, f as tf.Tensor5D, [1, 2, 3, 4, 1], 2, 'same'),
    [1, 1, 2, 2, 1],
    [2, 2, 2, 1, 1],
  ],
}

test.each(Object.entries(convolutions))(
  '%s, to second order',
  (_, [convolve, inputShape, filterShape]) => {
    const x = seededTensor(inputShape)
    const filter = seededTensor(filterShape, { seed: 2 })
    // Bilinear, so that a large step has no error; the mixed second derivatives run the gradient kernels' gradients.
    checkGradient(convolve, [x, filter], { order: 2, step: 0.1 })
  },
)

test('a convolutional network of two hidden layers, to second order', () => {
  const x = seededTensor([1, 4, 4, 1])
  const filters = [seededTensor([3, 3, 1, 2]), seededTensor([2, 2, 2, 1], { seed: 2 })]
  const network = (x: Tensor, ...fs: Tensor[]): Tensor =>
    fs.reduce((h, f, i) => tf.tanh(tf.conv2d(h as tf.Tensor4D, f as tf.Tensor4D, i + 1, 'same')), x)
  expect(checkGradient(network, [x, ...filters], { order: 2, tolerance: 1e-3 })).toBeLessThan(1e-3)
})
