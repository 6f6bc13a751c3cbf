import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { registerGradients } from '@winnow/core'
import { it } from 'vitest'
import { compare, floats } from '../testing/compare.ts'

registerGradients()

// What the layers Conv3d, ConvTranspose3d, ConvTranspose1d and DepthwiseConv1d run, with sizes that differ by axis.

const strided: [string, [number, number, number], 'same' | 'valid'][] = [
  ['same, strides of 1, 2 and 3', [1, 2, 3], 'same'],
  ['valid, strides of 2, 1 and 2', [2, 1, 2], 'valid'],
]

/** The result and the gradients of the sum of its squares. */
function withGradients(fn: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]): Tensor[] {
  const loss = (...values: Tensor[]): tf.Scalar => tf.sum(tf.square(fn(...values)))
  return [fn(...inputs), ...(tf.grads(loss as (...x: Tensor[]) => Tensor)(inputs) as Tensor[])]
}

for (const [name, strides, pad] of strided) {
  it(`conv3d, ${name}`, () =>
    compare(
      name,
      (x, w) =>
        withGradients(
          (a, b) => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, strides, pad),
          [x as Tensor, w as Tensor],
        ),
      [floats([2, 3, 5, 6, 2]), floats([2, 3, 4, 2, 3])],
      1e-4,
    ))
}

it('conv3dTranspose, an odd size', () =>
  compare(
    'transposed',
    (x, w) =>
      withGradients(
        (a, b) =>
          tf.conv3dTranspose(
            a as tf.Tensor5D,
            b as tf.Tensor5D,
            [2, 3, 4, 5, 2],
            [1, 2, 2],
            'same',
          ),
        [x as Tensor, w as Tensor],
      ),
    [floats([2, 3, 2, 3, 3]), floats([2, 3, 4, 2, 3])],
    1e-4,
  ))

it('one row: conv2dTranspose with stride [1, 2], depthwise with stride 2', () =>
  compare(
    'one row',
    (x, w, d) => [
      ...withGradients(
        (a, b) =>
          tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, [2, 1, 9, 2], [1, 2], 'same'),
        [x as Tensor, w as Tensor],
      ),
      ...withGradients(
        (a, b) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same'),
        [x as Tensor, d as Tensor],
      ),
    ],
    [floats([2, 1, 5, 3]), floats([1, 4, 2, 3]), floats([1, 3, 3, 2])],
    1e-4,
  ))
