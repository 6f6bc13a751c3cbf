/** Elementwise kernels of several operands, with broadcasting; comparison and logic. */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import type { Sample } from '../sample.ts'
import { booleans, exactly, floats, integers } from '../sample.ts'
import { elementwise, pairwise } from '../truth.ts'

type Binary = (a: Tensor, b: Tensor) => Tensor

/** Shapes of operands: equal, trailing, both ways, across ranks, scalar. */
const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [3, 4],
    [3, 4],
  ],
  [[3, 4], [4]],
  [
    [3, 1],
    [1, 4],
  ],
  [
    [2, 1, 3],
    [5, 1],
  ],
  [[], [2, 2]],
]

const onPairs =
  (op: Binary) =>
  (...xs: Tensor[]): Tensor[] =>
    xs.flatMap((a, i) => (i % 2 === 0 ? [op(a, xs[i + 1] as Tensor)] : []))

interface Row {
  readonly kernel: string
  readonly op: Binary
  readonly right: (a: number, b: number) => number
  /** Ranges of both operands. */
  readonly ranges?: readonly [readonly [number, number], readonly [number, number]]
  readonly order?: 0 | 2
}

const flooredRemainder = (a: number, b: number): number => a - b * Math.floor(a / b)

const rows: readonly Row[] = [
  { kernel: 'Add', op: tf.add, right: (a, b) => a + b },
  { kernel: 'Sub', op: tf.sub, right: (a, b) => a - b },
  { kernel: 'Multiply', op: tf.mul, right: (a, b) => a * b },
  {
    kernel: 'RealDiv',
    op: tf.div,
    right: (a, b) => a / b,
    ranges: [
      [-2, 2],
      [0.6, 2],
    ],
  },
  {
    kernel: 'Pow',
    op: tf.pow,
    right: (a, b) => a ** b,
    ranges: [
      [0.5, 2],
      [-2, 2],
    ],
  },
  { kernel: 'Maximum', op: tf.maximum, right: Math.max },
  { kernel: 'Minimum', op: tf.minimum, right: Math.min },
  { kernel: 'SquaredDifference', op: tf.squaredDifference, right: (a, b) => (a - b) ** 2 },
  {
    kernel: 'Atan2',
    op: tf.atan2,
    right: Math.atan2,
    ranges: [
      [-2, 2],
      [0.6, 2],
    ],
  },
  {
    kernel: 'Mod',
    op: tf.mod,
    right: flooredRemainder,
    ranges: [
      [0.1, 0.5],
      [0.6, 2],
    ],
  },
  { kernel: 'FloorDiv', op: tf.floorDiv, right: (a, b) => Math.floor(a / b), order: 0 },
  { kernel: 'Equal', op: tf.equal, right: (a, b) => Number(a === b), order: 0 },
  { kernel: 'NotEqual', op: tf.notEqual, right: (a, b) => Number(a !== b), order: 0 },
  { kernel: 'Less', op: tf.less, right: (a, b) => Number(a < b), order: 0 },
  { kernel: 'LessEqual', op: tf.lessEqual, right: (a, b) => Number(a <= b), order: 0 },
  { kernel: 'Greater', op: tf.greater, right: (a, b) => Number(a > b), order: 0 },
  { kernel: 'GreaterEqual', op: tf.greaterEqual, right: (a, b) => Number(a >= b), order: 0 },
]

const operations: readonly Operation[] = rows.map(({ kernel, op, right, ranges, order }) => ({
  name: kernel,
  kernels: [kernel],
  make: () =>
    pairs.flatMap(([a, b], i): Sample[] => {
      const [[low, high], [otherLow, otherHigh]] = ranges ?? [
        [-2, 2],
        [-1.7, 2.2],
      ]
      return [
        floats(a, { seed: 2 * i + 1, low, high }),
        floats(b, { seed: 2 * i + 2, low: otherLow, high: otherHigh }),
      ]
    }),
  run: onPairs(op),
  truth: pairwise(right),
  order: order ?? 2,
  // Far from where the two operands cross.
  step: 0.002,
}))

const onWhole: readonly Row[] = rows.filter(
  ({ kernel }) => !['Pow', 'RealDiv', 'Atan2'].includes(kernel),
)

const whole: readonly Operation[] = onWhole.map(({ kernel, op, right }) => ({
  name: `${kernel} of int32`,
  kernels: [kernel],
  make: () => pairs.flatMap(([a, b], i) => [integers(a, -5, 6, i + 1), integers(b, 1, 5, i + 7)]),
  run: onPairs(op),
  truth: pairwise(right),
  order: 0,
}))

const logic: readonly Operation[] = [
  {
    name: 'LogicalAnd, LogicalOr, LogicalNot, xor, Equal of bool',
    kernels: ['LogicalAnd', 'LogicalOr', 'LogicalNot', 'Equal'],
    make: () => [booleans([3, 4]), booleans([4], 2)],
    run: (a, b) => [
      tf.logicalAnd(a as Tensor, b as Tensor),
      tf.logicalOr(a as Tensor, b as Tensor),
      tf.logicalXor(a as Tensor, b as Tensor),
      tf.equal(a as Tensor, b as Tensor),
      tf.logicalNot(a as Tensor),
    ],
    order: 0,
    truth: (inputs) => [
      ...[(a = 0, b = 0) => a & b, (a = 0, b = 0) => a | b, (a = 0, b = 0) => a ^ b].flatMap((fn) =>
        elementwise(fn)(inputs),
      ),
      ...elementwise((a, b) => Number(a === b))(inputs),
      ...elementwise((a) => 1 - a)(inputs.slice(0, 1)),
    ],
  },
  {
    name: 'Select',
    kernels: ['Select'],
    make: () => [booleans([3, 4]), floats([3, 4]), floats([3, 4], { seed: 2 })],
    run: (condition, a, b) => tf.where(condition as Tensor, a as Tensor, b as Tensor),
    truth: elementwise((condition, a, b) => (condition !== 0 ? a : b)),
  },
  {
    name: 'Select, broadcast',
    kernels: ['Select'],
    make: () => [booleans([3, 1], 3), floats([3, 4]), floats([1, 4], { seed: 2 })],
    run: (condition, a, b) => tf.where(condition as Tensor, a as Tensor, b as Tensor),
    truth: elementwise((condition, a, b) => (condition !== 0 ? a : b)),
  },
  {
    name: 'Select of int32 and bool',
    kernels: ['Select'],
    make: () => [booleans([5]), integers([5], -9, 9), integers([5], -9, 9, 2), booleans([5], 4)],
    run: (...[c, a, b, d]) => [
      tf.where(c as Tensor, a as Tensor, b as Tensor),
      tf.where(c as Tensor, d as Tensor, c as Tensor),
    ],
    order: 0,
  },
  {
    name: 'AddN of 2, 9 and 20',
    kernels: ['AddN'],
    make: () => Array.from({ length: 20 }, (_, i) => floats([3, 2], { seed: i + 1 })),
    run: (...xs) => [2, 9, 20].map((count) => tf.addN(xs.slice(0, count))),
    truth: (inputs) =>
      [2, 9, 20].flatMap((count) =>
        elementwise((...values) => values.reduce((a, b) => a + b))(inputs.slice(0, count)),
      ),
  },
  {
    name: 'int32 beyond 2^24',
    kernels: ['Add', 'Sub', 'Maximum'],
    make: () => [
      exactly([16777217, 123456789, -33554433], [3], 'int32'),
      exactly([2, 3, 16777216], [3], 'int32'),
    ],
    run: (a, b) => [tf.add, tf.sub, tf.maximum].map((op) => op(a as Tensor, b as Tensor)),
    order: 0,
    truth: (inputs) =>
      [(a = 0, b = 0) => a + b, (a = 0, b = 0) => a - b, Math.max].flatMap((fn) =>
        elementwise(fn)(inputs),
      ),
  },
]

/** Cases of kernels of several operands. */
export const binaryCases: readonly ConformanceCase[] = [
  ...casesOf('several operands', operations),
  ...casesOf('comparison, logic, int32', [...whole, ...logic]),
]
