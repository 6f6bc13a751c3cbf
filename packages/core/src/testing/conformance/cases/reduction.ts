/** Kernels that reduce, scan or order along axes. */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { logSoftmax } from '../../../gradients/activation.ts'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import type { Sample } from '../sample.ts'
import { booleans, exactly, floats, integers } from '../sample.ts'
import { reduced } from '../truth.ts'

type Reduction = (x: Tensor, axis?: number | number[], keepDims?: boolean) => Tensor

const axes: readonly (number[] | undefined)[] = [undefined, [0], [-1], [0, 2], [-2, -1], [1]]

/** Over every choice of axes, with and without the reduced axes in the shape. */
const everyWay =
  (op: Reduction) =>
  (x?: Tensor): Tensor[] =>
    axes.map((axis, i) => op(x as Tensor, axis, i % 2 === 1))

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

interface Row {
  readonly kernel: string
  readonly op: Reduction
  readonly right: (values: number[]) => number
}

const rows: readonly Row[] = [
  { kernel: 'Sum', op: tf.sum, right: sum },
  { kernel: 'Mean', op: tf.mean, right: (values) => sum(values) / values.length },
  { kernel: 'Max', op: tf.max, right: (values) => Math.max(...values) },
  { kernel: 'Min', op: tf.min, right: (values) => Math.min(...values) },
  { kernel: 'Prod', op: tf.prod, right: (values) => values.reduce((a, b) => a * b, 1) },
]

const operations: readonly Operation[] = rows.flatMap(({ kernel, op, right }): Operation[] => [
  {
    name: kernel,
    kernels: [kernel],
    make: () => [floats([2, 3, 4], { low: -1.3, high: 1.5 })],
    run: everyWay(op),
    truth: reduced(axes, right),
    step: 0.004,
  },
  ...(kernel === 'Mean'
    ? []
    : [
        {
          name: `${kernel} of int32`,
          kernels: [kernel],
          make: () => [integers([2, 3, 4], -2, 3)],
          run: everyWay(op),
          truth: reduced(axes, right),
          order: 0 as const,
        },
      ]),
])

const single: readonly number[][] = [[0], [1], [-1]]
const most = (values: readonly number[]): number => values.indexOf(Math.max(...values))
const least = (values: readonly number[]): number => values.indexOf(Math.min(...values))

const softmaxOf = ([x]: readonly Sample[]): number[] => {
  const { shape, values } = x as Sample
  const width = shape.at(-1) as number
  return Array.from(values, (value, i) => {
    const row = Array.from(values.slice(i - (i % width), i - (i % width) + width))
    const highest = Math.max(...row)
    return Math.exp(value - highest) / sum(row.map((v) => Math.exp(v - highest)))
  })
}

const scans =
  (op: (x: Tensor, axis: number, exclusive: boolean, reverse: boolean) => Tensor) =>
  (x?: Tensor): Tensor[] =>
    [false, true].flatMap((exclusive) =>
      [false, true].map((reverse) => op(x as Tensor, exclusive ? 0 : 1, exclusive, reverse)),
    )

const others: readonly Operation[] = [
  {
    name: 'All and Any',
    kernels: ['All', 'Any'],
    make: () => [booleans([2, 3, 4])],
    run: (x) => [...everyWay(tf.all)(x), ...everyWay(tf.any)(x)],
    order: 0,
    truth: (inputs) => [
      ...reduced(axes, (values) => Number(values.every((v) => v !== 0)))(inputs),
      ...reduced(axes, (values) => Number(values.some((v) => v !== 0)))(inputs),
    ],
  },
  {
    name: 'ArgMax and ArgMin, first of ties',
    kernels: ['ArgMax', 'ArgMin'],
    make: () => [integers([3, 5, 4], 0, 3)],
    run: (x) =>
      [tf.argMax, tf.argMin].flatMap((op) =>
        single.map(([axis]) => op(tf.cast(x as Tensor, 'float32'), axis)),
      ),
    order: 0,
    truth: (inputs) => [...reduced(single, most)(inputs), ...reduced(single, least)(inputs)],
  },
  {
    name: 'ArgMax and ArgMin of long axes, and of int32',
    kernels: ['ArgMax', 'ArgMin'],
    make: () => [floats([3, 1000]), floats([700, 3], { seed: 2 }), integers([4, 7], -9, 10)],
    run: (rows, columns, whole) =>
      [tf.argMax, tf.argMin].flatMap((op) => [
        op(rows as Tensor, 1),
        op(columns as Tensor, 0),
        op(whole as Tensor, -1),
      ]),
    order: 0,
    truth: ([rows, columns, whole]) =>
      [most, least].flatMap((pick) => [
        ...reduced([[1]], pick)([rows as Sample]),
        ...reduced([[0]], pick)([columns as Sample]),
        ...reduced([[-1]], pick)([whole as Sample]),
      ]),
  },
  {
    name: 'Cumsum, exclusive and reversed',
    kernels: ['Cumsum'],
    make: () => [floats([3, 4])],
    run: scans((x, axis, exclusive, reverse) => tf.cumsum(x, axis, exclusive, reverse)),
  },
  {
    name: 'Cumsum of the middle axis, and of a long row',
    kernels: ['Cumsum'],
    make: () => [floats([2, 5, 3]), floats([2, 3000], { seed: 2, low: 0, high: 1 })],
    run: (x, long) => [tf.cumsum(x as Tensor, 1), tf.cumsum(long as Tensor, -1)],
    tolerance: 3e-5,
    order: 1,
    step: 0,
  },
  {
    name: 'Cumsum of int32',
    kernels: ['Cumsum'],
    make: () => [integers([3, 4], -5, 6)],
    run: scans((x, axis, exclusive, reverse) => tf.cumsum(x, axis, exclusive, reverse)),
    order: 0,
  },
  {
    name: 'Cumprod, exclusive and reversed',
    kernels: ['Cumprod'],
    make: () => [floats([3, 4], { low: 0.3, high: 1.8 })],
    run: scans((x, axis, exclusive, reverse) => tf.cumprod(x, axis, exclusive, reverse)),
  },
  {
    name: 'Softmax',
    kernels: ['Softmax'],
    make: () => [floats([2, 3, 5], { low: -3, high: 3 })],
    run: (x) => tf.softmax(x as Tensor),
    truth: (inputs) => [softmaxOf(inputs)],
  },
  {
    name: 'softmax and its logarithm of large logits',
    kernels: ['Softmax'],
    make: () => [exactly([1000, 0, -1000, -1e4, -1e4 - 1, -1e4 - 2], [2, 3])],
    run: (x) => [tf.softmax(x as Tensor), logSoftmax(x as Tensor)],
    order: 1,
    step: 0,
  },
  {
    name: 'logSoftmax of core',
    kernels: [],
    make: () => [floats([2, 5], { low: -3, high: 3 })],
    run: (x) => logSoftmax(x as Tensor),
    truth: (inputs) => [softmaxOf(inputs).map(Math.log)],
  },
  {
    name: 'logSumExp and moments',
    kernels: [],
    make: () => [floats([3, 4])],
    run: (x) => {
      const { mean, variance } = tf.moments(x as Tensor, 0)
      return [tf.logSumExp(x as Tensor, -1), mean, variance]
    },
  },
  {
    name: 'TopK',
    kernels: ['TopK'],
    make: () => [floats([3, 7])],
    run: (x) => {
      const { values, indices } = tf.topk(x as Tensor, 3)
      return [values, indices]
    },
    step: 0.004,
  },
  {
    name: 'TopK of many, and of all',
    kernels: ['TopK'],
    make: () => [floats([2, 300]), floats([3, 2, 17], { seed: 2 })],
    run: (x, y) => {
      const many = tf.topk(x as Tensor, 40)
      const all = tf.topk(y as Tensor, 17)
      return [many.values, many.indices, all.values, all.indices]
    },
    order: 1,
    step: 0,
  },
  {
    name: 'TopK, first of ties',
    kernels: ['TopK'],
    make: () => [integers([4, 9], 0, 3)],
    run: (x) => {
      const { values, indices } = tf.topk(x as Tensor, 4)
      return [values, indices]
    },
    order: 0,
  },
  {
    name: 'Bincount and DenseBincount',
    kernels: ['Bincount', 'DenseBincount'],
    make: () => [integers([40], 0, 6), integers([3, 10], 0, 6, 2)],
    run: (x, y) => [
      tf.bincount(x as tf.Tensor1D, tf.ones([40]) as tf.Tensor1D, 6),
      tf.denseBincount(y as tf.Tensor2D, tf.ones([3, 10]) as tf.Tensor2D, 6),
      tf.denseBincount(x as tf.Tensor1D, tf.ones([40]) as tf.Tensor1D, 6),
    ],
    order: 0,
  },
  {
    name: 'a long sum',
    kernels: ['Sum', 'Mean'],
    make: () => [floats([3, 40_000], { low: 0, high: 1 })],
    run: (x) => [tf.sum(x as Tensor, 1), tf.mean(x as Tensor)],
    order: 0,
    tolerance: 3e-5,
    truth: (inputs) => [
      ...reduced([[1]], sum)(inputs),
      ...reduced([undefined], (values) => sum(values) / values.length)(inputs),
    ],
  },
]

/** Cases of reductions. */
export const reductionCases: readonly ConformanceCase[] = casesOf('reductions', [
  ...operations,
  ...others,
])
