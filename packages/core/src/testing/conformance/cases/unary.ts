/** Elementwise kernels of one operand, and casts. */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import { booleans, exactly, floats, integers } from '../sample.ts'
import { elementwise, erf } from '../truth.ts'

type Unary = (x: Tensor) => Tensor

interface Row {
  readonly kernel: string
  readonly op: Unary
  readonly right: (x: number) => number
  readonly range?: readonly [number, number]
}

const selu = (x: number): number =>
  1.0507009873554805 * (x >= 0 ? x : 1.6732632423543772 * Math.expm1(x))

const rows: readonly Row[] = [
  { kernel: 'Abs', op: tf.abs, right: Math.abs },
  { kernel: 'Acos', op: tf.acos, right: Math.acos, range: [-0.9, 0.9] },
  { kernel: 'Acosh', op: tf.acosh, right: Math.acosh, range: [1.3, 3] },
  { kernel: 'Asin', op: tf.asin, right: Math.asin, range: [-0.9, 0.9] },
  { kernel: 'Asinh', op: tf.asinh, right: Math.asinh },
  { kernel: 'Atan', op: tf.atan, right: Math.atan },
  { kernel: 'Atanh', op: tf.atanh, right: Math.atanh, range: [-0.9, 0.9] },
  { kernel: 'Ceil', op: tf.ceil, right: Math.ceil },
  { kernel: 'Cos', op: tf.cos, right: Math.cos },
  { kernel: 'Cosh', op: tf.cosh, right: Math.cosh },
  { kernel: 'Elu', op: tf.elu, right: (x) => (x >= 0 ? x : Math.expm1(x)) },
  { kernel: 'Erf', op: tf.erf, right: erf },
  { kernel: 'Exp', op: tf.exp, right: Math.exp },
  { kernel: 'Expm1', op: tf.expm1, right: Math.expm1 },
  { kernel: 'Floor', op: tf.floor, right: Math.floor },
  { kernel: 'LeakyRelu', op: (x) => tf.leakyRelu(x, 0.3), right: (x) => (x >= 0 ? x : 0.3 * x) },
  { kernel: 'Log', op: tf.log, right: Math.log, range: [0.2, 3] },
  { kernel: 'Log1p', op: tf.log1p, right: Math.log1p, range: [-0.6, 2] },
  { kernel: 'Neg', op: tf.neg, right: (x) => -x },
  { kernel: 'Reciprocal', op: tf.reciprocal, right: (x) => 1 / x, range: [0.5, 2.5] },
  { kernel: 'Relu', op: tf.relu, right: (x) => Math.max(x, 0) },
  { kernel: 'Relu6', op: tf.relu6, right: (x) => Math.min(Math.max(x, 0), 6), range: [-2, 8] },
  { kernel: 'Round', op: (x) => tf.round(tf.mul(x, 1.5)), right: (x) => Math.round(1.5 * x) },
  { kernel: 'Rsqrt', op: tf.rsqrt, right: (x) => 1 / Math.sqrt(x), range: [0.3, 3] },
  { kernel: 'Selu', op: tf.selu, right: selu },
  { kernel: 'Sigmoid', op: tf.sigmoid, right: (x) => 1 / (1 + Math.exp(-x)) },
  { kernel: 'Sign', op: tf.sign, right: Math.sign },
  { kernel: 'Sin', op: tf.sin, right: Math.sin },
  { kernel: 'Sinh', op: tf.sinh, right: Math.sinh },
  { kernel: 'Softplus', op: tf.softplus, right: (x) => Math.log1p(Math.exp(x)) },
  { kernel: 'Sqrt', op: tf.sqrt, right: Math.sqrt, range: [0.3, 3] },
  { kernel: 'Square', op: tf.square, right: (x) => x * x },
  { kernel: 'Step', op: (x) => tf.step(x, 0.3), right: (x) => (x > 0 ? 1 : 0.3) },
  { kernel: 'Tan', op: tf.tan, right: Math.tan, range: [-1.1, 1.1] },
  { kernel: 'Tanh', op: tf.tanh, right: Math.tanh },
  {
    kernel: 'ClipByValue',
    op: (x) => tf.clipByValue(x, -1, 1),
    right: (x) => Math.min(Math.max(x, -1), 1),
  },
  { kernel: 'Identity', op: (x) => tf.clone(x), right: (x) => x },
]

const operations: readonly Operation[] = rows.map(({ kernel, op, right, range = [-1.9, 1.9] }) => ({
  name: kernel,
  kernels: [kernel],
  make: () => [floats([3, 7], { low: range[0], high: range[1], margin: 0.06 })],
  run: (x) => op(x as Tensor),
  truth: elementwise(right),
}))

const whole: Unary[] = [tf.abs, tf.neg, tf.square, tf.sign, tf.relu]

const rest: readonly Operation[] = [
  {
    name: 'Prelu',
    kernels: ['Prelu'],
    make: () => [floats([3, 4], { margin: 0.06 }), floats([4], { seed: 2, low: 0.1, high: 0.9 })],
    run: (x, alpha) => tf.prelu(x as Tensor, alpha as Tensor),
    truth: elementwise((x, alpha) => (x >= 0 ? x : alpha * x)),
  },
  {
    name: 'constants like a tensor',
    kernels: ['ZerosLike', 'OnesLike'],
    make: () => [floats([2, 3]), integers([4], 0, 9), booleans([3])],
    run: (...xs) => xs.flatMap((x) => [tf.zerosLike(x), tf.onesLike(x)]),
    order: 0,
  },
  {
    name: 'unary kernels of int32',
    kernels: ['Abs', 'Neg', 'Square', 'Sign', 'Relu'],
    make: () => [integers([4, 3], -9, 10)],
    run: (x) => whole.map((op) => op(x as Tensor)),
    order: 0,
    truth: ([x]) => {
      const values = Array.from(x?.values ?? [])
      const right = [Math.abs, (v: number) => -v, (v: number) => v * v, Math.sign]
      return [...right, (v: number) => Math.max(v, 0)].map((fn) => values.map(fn))
    },
  },
  {
    name: 'Cast among float32, int32 and bool',
    kernels: ['Cast'],
    make: () => [
      exactly([-2.7, -1, -0.5, 0, 0.5, 1, 2, 256, 1e6]),
      exactly([-300, -1, 0, 1, 256, 65536], [6], 'int32'),
      exactly([0, 1, 1, 0], [4], 'bool'),
    ],
    run: (...xs) =>
      xs.flatMap((x) => (['float32', 'int32', 'bool'] as const).map((dtype) => tf.cast(x, dtype))),
    order: 0,
    truth: (inputs) =>
      inputs.flatMap(({ values }) => {
        const numbers = Array.from(values)
        return [numbers, numbers.map(Math.trunc), numbers.map((v) => Number(v !== 0))]
      }),
  },
  {
    name: 'Cast, differentiated',
    kernels: ['Cast'],
    make: () => [floats([5])],
    run: (x) => tf.cast(tf.square(x as Tensor), 'float32'),
  },
  {
    name: 'small arguments keep their digits',
    kernels: ['Log1p', 'Expm1'],
    make: () => [exactly([1e-3, -1e-3, 1e-5, 3e-7, 1e-8])],
    run: (x) => [
      tf.div(tf.log1p(x as Tensor), x as Tensor),
      tf.div(tf.expm1(x as Tensor), x as Tensor),
    ],
    order: 0,
    truth: ([x]) => {
      const values = Array.from(x?.values ?? [])
      return [values.map((v) => Math.log1p(v) / v), values.map((v) => Math.expm1(v) / v)]
    },
  },
  {
    name: 'large arguments saturate',
    kernels: ['Sigmoid', 'Tanh', 'Softplus', 'Elu'],
    make: () => [exactly([-1e4, -200, -60, 60, 200, 1e4])],
    run: (x) => [tf.sigmoid, tf.tanh, tf.softplus, tf.elu].map((op) => op(x as Tensor)),
    order: 0,
    truth: ([x]) => {
      const values = Array.from(x?.values ?? [])
      return [
        values.map((v) => 1 / (1 + Math.exp(-v))),
        values.map(Math.tanh),
        values.map((v) => Math.max(v, 0)),
        values.map((v) => (v >= 0 ? v : -1)),
      ]
    },
  },
]

/** Cases of kernels of one operand. */
export const unaryCases: readonly ConformanceCase[] = casesOf('one operand', [
  ...operations,
  ...rest,
])
