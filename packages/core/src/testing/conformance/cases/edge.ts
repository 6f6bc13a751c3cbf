/** What a run relies on at the edges: NaN is not lost, infinities arise, tensors may be empty. */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import { booleans, exactly, floats } from '../sample.ts'

type Unary = (x: Tensor) => Tensor

/** A loss that became NaN must stay NaN up to where it is read. */
const keepers: Readonly<Record<string, Unary>> = {
  'add, sub, mul, div': (x) => tf.div(tf.mul(tf.sub(tf.add(x, 1), 2), 3), 4),
  neg: tf.neg,
  abs: tf.abs,
  square: tf.square,
  sqrt: tf.sqrt,
  exp: tf.exp,
  log: (x) => tf.log(tf.abs(x)),
  relu: tf.relu,
  relu6: tf.relu6,
  leakyRelu: (x) => tf.leakyRelu(x, 0.2),
  elu: tf.elu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  softplus: tf.softplus,
  clipByValue: (x) => tf.clipByValue(x, -1, 1),
  'maximum, first': (x) => tf.maximum(x, 0),
  'maximum, second': (x) => tf.maximum(tf.scalar(0), x),
  'minimum, first': (x) => tf.minimum(x, 0),
  'minimum, second': (x) => tf.minimum(tf.scalar(0), x),
}

const kept: readonly Operation[] = Object.entries(keepers).map(([name, op]) => ({
  name: `NaN stays: ${name}`,
  kernels: [],
  make: () => [exactly([Number.NaN, 0.5])],
  run: (x) => tf.slice(op(x as Tensor), 0, 1),
  order: 0,
  truth: () => [[Number.NaN]],
}))

const nan = Number.NaN

const spread: readonly Operation[] = [
  {
    name: 'NaN spreads: sum, mean',
    kernels: ['Sum', 'Mean'],
    make: () => [exactly([nan, 1, 2, 3, 4, 5], [2, 3])],
    run: (x) => [tf.sum(x as Tensor), tf.mean(x as Tensor, 1)],
    order: 0,
    truth: () => [[nan], [nan, 4]],
  },
  {
    name: 'NaN spreads: matMul',
    kernels: ['BatchMatMul'],
    make: () => [exactly([nan, 1, 2, 3], [2, 2]), exactly([1, 2, 3, 4], [2, 2])],
    run: (a, b) => tf.matMul(a as Tensor, b as Tensor),
    order: 0,
    truth: () => [[nan, nan, 11, 16]],
  },
  {
    name: 'NaN spreads: softmax',
    kernels: ['Softmax'],
    make: () => [exactly([nan, 1, 0, 0], [2, 2])],
    run: (x) => tf.softmax(x as Tensor),
    order: 0,
    truth: () => [[nan, nan, 0.5, 0.5]],
  },
  {
    name: 'NaN spreads: max',
    kernels: ['Max'],
    make: () => [exactly([1, nan, 2, 3], [2, 2])],
    run: (x) => tf.max(x as Tensor, 1),
    order: 0,
    truth: () => [[nan, 3]],
  },
  {
    name: 'where leaves the NaN of the other branch out',
    kernels: ['Select'],
    make: () => [exactly([1, 0], [2], 'bool'), exactly([1, nan]), exactly([nan, 2])],
    run: (c, a, b) => tf.where(c as Tensor, a as Tensor, b as Tensor),
    order: 0,
    truth: () => [[1, 2]],
  },
  {
    name: 'isNaN, isInf, isFinite',
    kernels: ['IsNan', 'IsInf', 'IsFinite'],
    make: () => [exactly([nan, Infinity, -Infinity, 0, 1])],
    run: (x) => [tf.isNaN(x as Tensor), tf.isInf(x as Tensor), tf.isFinite(x as Tensor)],
    order: 0,
    truth: () => [
      [1, 0, 0, 0, 0],
      [0, 1, 1, 0, 0],
      [0, 0, 0, 1, 1],
    ],
  },
  {
    name: 'NaN and infinity arise',
    kernels: ['RealDiv', 'Log', 'Exp', 'Sqrt'],
    make: () => [exactly([1, -1, 0])],
    run: (x) => [
      tf.div(x as Tensor, 0),
      tf.log(tf.sub(x as Tensor, 1)),
      tf.exp(tf.mul(x as Tensor, 1000)),
      tf.sqrt(tf.sub(x as Tensor, 1)),
    ],
    order: 0,
    truth: () => [
      [Infinity, -Infinity, nan],
      [-Infinity, nan, nan],
      [Infinity, 0, 1],
      [0, nan, nan],
    ],
  },
]

const empty: readonly Operation[] = [
  {
    name: 'empty: elementwise',
    kernels: [],
    make: () => [exactly([], [0, 3]), floats([3])],
    run: (x, y) => [tf.add(x as Tensor, y as Tensor), tf.relu(x as Tensor), tf.exp(x as Tensor)],
    order: 1,
    step: 0,
  },
  {
    name: 'empty: reductions',
    kernels: [],
    make: () => [exactly([], [0, 3])],
    run: (x) => [tf.sum(x as Tensor, 0), tf.sum(x as Tensor), tf.sum(x as Tensor, 1)],
    order: 0,
    truth: () => [[0, 0, 0], [0], []],
  },
  {
    name: 'empty: layout',
    kernels: [],
    make: () => [exactly([], [0, 3]), floats([2, 3])],
    run: (x, y) => [
      tf.transpose(x as Tensor),
      tf.concat([x as Tensor, y as Tensor], 0),
      tf.pad(
        x as Tensor,
        [
          [1, 0],
          [0, 0],
        ],
        2,
      ),
      tf.slice(y as Tensor, [0, 0], [0, 3]),
      tf.reshape(x as Tensor, [3, 0]),
    ],
    order: 0,
  },
  {
    name: 'empty: gather, where',
    kernels: [],
    make: () => [floats([4, 3]), exactly([], [0], 'int32'), booleans([0]), exactly([], [0])],
    run: (x, ids, condition, y) => [
      tf.gather(x as Tensor, ids as Tensor),
      tf.where(condition as Tensor, y as Tensor, y as Tensor),
    ],
    order: 0,
  },
]

/** Cases at the edges. */
export const edgeCases: readonly ConformanceCase[] = [
  ...casesOf('NaN and infinity', [...kept, ...spread]),
  ...casesOf('empty tensors', empty),
]
