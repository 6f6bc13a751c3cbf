import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, test } from 'vitest'
import { checkGradient } from '../testing/check-gradient.ts'
import { seededTensor } from '../testing/seeded-tensor.ts'

describe.each([
  ['bilinear', tf.image.resizeBilinear],
  ['nearest', tf.image.resizeNearestNeighbor],
] as const)('%s resizing', (_, resize) => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
  ])(
    'alignCorners %s, halfPixelCenters %s: larger, smaller and mixed, to second order',
    (align, half) => {
      const x = seededTensor([2, 3, 4, 1])
      for (const size of [
        [5, 7],
        [2, 3],
        [1, 9],
        [3, 4],
      ] as [number, number][]) {
        checkGradient((x) => tf.square(resize(x as tf.Tensor4D, size, align, half)), [x], {
          order: 2,
          step: 0.05,
        })
      }
    },
  )
})
