/** What the layers make of kernels: patches, tokens, codebooks, wavelets, norms. */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import type { Sample } from '../sample.ts'
import { exactly, floats, integers } from '../sample.ts'
import { at, fill } from '../truth.ts'

const float = (x: Tensor): Tensor => tf.cast(x, 'float32')

const tokens: readonly Operation[] = [
  {
    name: 'patches of images and clips, and back',
    kernels: ['Transpose', 'Reshape'],
    make: () => [floats([2, 4, 6, 3]), floats([2, 2, 4, 6, 2], { seed: 2 })],
    run: (images, clips) => {
      const patches = tf.transpose(tf.reshape(images as Tensor, [4, 2, 3, 6]), [0, 2, 1, 3])
      const tubes = tf.transpose(
        tf.reshape(clips as Tensor, [2, 2, 2, 2, 3, 4]),
        [0, 2, 4, 1, 3, 5],
      )
      const again = tf.transpose(tf.square(tubes), [0, 3, 1, 4, 2, 5])
      return [
        tf.reshape(patches, [2, 6, 12]),
        tf.reshape(tubes, [2, 6, 16]),
        tf.reshape(again, [2, 2, 4, 6, 2]),
      ]
    },
    truth: ([images, clips]) => [
      fill([2, 6, 12], ([n = 0, p = 0, v = 0]) => {
        const row = 2 * Math.floor(p / 3) + Math.floor(v / 6)
        return at(images as Sample, [n, row, 2 * (p % 3) + (Math.floor(v / 3) % 2), v % 3])
      }),
      fill([2, 6, 16], ([n = 0, p = 0, v = 0]) => {
        const row = 2 * Math.floor(p / 3) + (Math.floor(v / 4) % 2)
        const column = 2 * (p % 3) + (Math.floor(v / 2) % 2)
        return at(clips as Sample, [n, Math.floor(v / 8), row, column, v % 2])
      }),
      fill([2, 2, 4, 6, 2], (index) => at(clips as Sample, index) ** 2),
    ],
  },
  {
    name: 'tokens kept, and put back among mask tokens',
    kernels: ['GatherV2', 'Concat', 'Tile', 'Slice'],
    make: () => [
      floats([2, 5, 3]),
      floats([3], { seed: 2 }),
      exactly([3, 0, 1, 2, 4, 4, 2, 0, 3, 1], [2, 5], 'int32'),
      exactly([1, 2, 3, 0, 4, 2, 4, 1, 3, 0], [2, 5], 'int32'),
    ],
    run: (x, fillIn, order, restore) => {
      const kept = tf.gather(x as Tensor, tf.slice(order as Tensor, [0, 0], [2, 2]), 1, 1)
      const hidden = tf.broadcastTo(tf.reshape(fillIn as Tensor, [1, 1, 3]), [2, 3, 3])
      return tf.gather(tf.concat([kept, hidden], 1), restore as Tensor, 1, 1)
    },
    truth: ([x, fillIn, , restore]) => [
      fill([2, 5, 3], ([n = 0, t = 0, c = 0]) =>
        at(restore as Sample, [n, t]) < 2 ? at(x as Sample, [n, t, c]) : at(fillIn as Sample, [c]),
      ),
    ],
  },
  {
    name: 'GatherV2 of 12 tokens of 50, for each of 8',
    kernels: ['GatherV2'],
    gradientKernels: ['UnsortedSegmentSum'],
    make: () => [floats([8, 50, 16]), integers([8, 12], 0, 50)],
    run: (x, indices) => tf.gather(x as Tensor, indices as Tensor, 1, 1),
    order: 1,
    step: 0,
    truth: ([x, indices]) => [
      fill([8, 12, 16], ([n = 0, t = 0, c = 0]) =>
        at(x as Sample, [n, at(indices as Sample, [n, t]), c]),
      ),
    ],
  },
  {
    name: 'five and six axes',
    kernels: [
      'Slice',
      'Concat',
      'Tile',
      'PadV2',
      'Add',
      'Sum',
      'Select',
      'Reverse',
      'StridedSlice',
    ],
    make: () => [floats([2, 2, 3, 2, 2]), floats([2, 1, 1, 2, 1], { seed: 2 })],
    run: (x, y) => {
      const six = tf.reshape(x as Tensor, [1, 2, 2, 3, 2, 2])
      const none: [number, number] = [0, 0]
      return [
        tf.slice(x as Tensor, [0, 1, 0, 1, 0], [2, 1, 2, 1, 2]),
        tf.concat([x as Tensor, tf.slice(x as Tensor, [0, 0, 1, 0, 0], [2, 2, 1, 2, 2])], 2),
        tf.tile(x as Tensor, [1, 2, 1, 1, 3]),
        tf.pad(x as Tensor, [none, [0, 1], [0, 2], [1, 0], none]),
        tf.add(x as Tensor, y as Tensor),
        tf.where(tf.greater(y as Tensor, 0), x as Tensor, tf.neg(x as Tensor)),
        tf.reverse(x as Tensor, [1, -1]),
        tf.stridedSlice(x as Tensor, [0, 0, 0, 1, 0], [2, 2, 3, 2, 2], [1, 1, 2, 1, 1]),
        tf.cumsum(x as Tensor, 2),
        tf.sum(x as Tensor, [1, 3]),
        tf.add(six, tf.reshape(y as Tensor, [1, 2, 1, 1, 2, 1])),
        tf.sum(six, [0, 2, 4]),
      ]
    },
  },
]

const codebook: readonly Operation[] = [
  {
    name: 'the nearest entries of a codebook, by a one-hot product',
    kernels: ['BatchMatMul'],
    make: () => [floats([6, 3]), floats([4, 3], { seed: 2 })],
    run: (x, entries) => {
      const products = tf.matMul(x as Tensor, entries as Tensor, false, true)
      const squares = tf.sum(tf.square(entries as Tensor), 1)
      const indices = tf.argMin(tf.sub(squares, tf.mul(products, 2)), 1)
      const taken = float(tf.oneHot(indices as Tensor1D, 4))
      return [indices, tf.matMul(taken, entries as Tensor), tf.sum(taken, 0)]
    },
    step: 0.002,
  },
  {
    name: 'digits of indices, and how often each comes',
    kernels: ['FloorDiv', 'Mod', 'OneHot'],
    make: () => [integers([50], 0, 23), exactly([1, 4, 12], [3], 'int32')],
    run: (indices, places) => {
      const column = tf.reshape(indices as Tensor, [50, 1])
      const high = tf.floorDiv(indices as Tensor, tf.scalar(8, 'int32'))
      const low = tf.sub(indices as Tensor, tf.mul(high, tf.scalar(8, 'int32')))
      const rows = (digits: Tensor, count: number): Tensor =>
        float(tf.oneHot(digits as Tensor1D, count))
      const pairs = tf.equal(column, tf.reshape(indices as Tensor, [1, 50]))
      return [
        tf.floorDiv(column, places as Tensor),
        tf.mod(column, places as Tensor),
        tf.matMul(rows(high, 3), rows(low, 8), true),
        tf.sum(float(pairs), 1),
      ]
    },
    order: 0,
    truth: ([indices, places]) => {
      const values = Array.from((indices as Sample).values)
      const count = (value: number): number => values.filter((other) => other === value).length
      const digit = (i: number, p: number): [number, number] => [
        values[i] as number,
        at(places as Sample, [p]),
      ]
      return [
        fill([50, 3], ([i = 0, p = 0]) => Math.floor(digit(i, p)[0] / digit(i, p)[1])),
        fill([50, 3], ([i = 0, p = 0]) => digit(i, p)[0] % digit(i, p)[1]),
        fill([3, 8], ([high = 0, low = 0]) => count(8 * high + low)),
        values.map(count),
      ]
    },
  },
]

const others: readonly Operation[] = [
  {
    name: 'a step of lifting, there and woven together',
    kernels: ['Slice', 'Concat', 'Pack'],
    make: () => [floats([2, 8, 3])],
    run: (x) => {
      const apart = tf.reshape(x as Tensor, [2, 4, 2, 3])
      const phase = (i: number): Tensor =>
        tf.reshape(tf.slice(apart, [0, 0, i, 0], [2, 4, 1, 3]), [2, 4, 3])
      const [even, odd] = [phase(0), phase(1)]
      const next = tf.concat(
        [tf.slice(even, [0, 1, 0], [2, 3, 3]), tf.slice(even, 0, [2, 1, 3])],
        1,
      )
      const high = tf.add(odd, tf.mul(tf.add(even, next), -1.5))
      return [
        tf.reshape(tf.stack([even, high], 2), [2, 8, 3]),
        tf.reshape(tf.stack([even, high], -1), [2, 4, 6]),
      ]
    },
  },
  {
    name: 'GELU by erf, far out too',
    kernels: ['Erf'],
    make: () => [exactly([-12, -6, -3.5, -1.2, -0.3, 0, 0.4, 1.1, 2.9, 5, 11])],
    run: (x) => {
      const erf = tf.erf(tf.mul(x as Tensor, Math.SQRT1_2))
      return tf.mul(tf.mul(x as Tensor, 0.5), tf.add(erf, 1))
    },
  },
  {
    name: 'normalisation of rows that are constant, or nearly',
    kernels: ['Rsqrt', 'Mean'],
    make: () => [exactly([2, 2, 2, 2, 5, 5.1, 5, 4.9, 100, 100.5, 99.5, 100], [3, 4])],
    run: (x) => {
      const centred = tf.sub(x as Tensor, tf.mean(x as Tensor, -1, true))
      const variance = tf.mean(tf.square(centred), -1, true)
      return tf.mul(centred, tf.rsqrt(tf.add(variance, 0.01)))
    },
    order: 1,
    step: 0,
  },
]

/** Cases of what layers do. */
export const layerCases: readonly ConformanceCase[] = casesOf('as layers use them', [
  ...tokens,
  ...codebook,
  ...others,
])
