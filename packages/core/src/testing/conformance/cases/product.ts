/** Matrix products, einsum and fused products. */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { einsum } from '../../../gradients/contraction.ts'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import { exactly, floats } from '../sample.ts'
import { product } from '../truth.ts'

interface Row {
  readonly name: string
  readonly a: readonly number[]
  readonly b: readonly number[]
  readonly transpose?: readonly [boolean, boolean]
}

const rows: readonly Row[] = [
  { name: 'a matrix and a matrix', a: [3, 4], b: [4, 5] },
  { name: 'first transposed', a: [4, 3], b: [4, 5], transpose: [true, false] },
  { name: 'second transposed', a: [3, 4], b: [5, 4], transpose: [false, true] },
  { name: 'both transposed', a: [4, 3], b: [5, 4], transpose: [true, true] },
  { name: 'two batch axes', a: [2, 3, 2, 4], b: [2, 3, 4, 3] },
  { name: 'two batch axes, transposed', a: [2, 3, 4, 2], b: [2, 3, 3, 4], transpose: [true, true] },
  { name: 'a batch and one matrix', a: [3, 2, 4], b: [1, 4, 3] },
  { name: 'a batch and a matrix without batch', a: [3, 2, 4], b: [4, 3] },
  { name: 'one matrix and a batch', a: [1, 2, 4], b: [3, 4, 3] },
  { name: 'batches [2, 1] and [1, 3]', a: [2, 1, 2, 3], b: [1, 3, 3, 2] },
  { name: 'batches [2, 2] and [2, 1]', a: [2, 2, 2, 3], b: [2, 1, 3, 2] },
  { name: 'batches [2, 1] and [3]', a: [2, 1, 2, 3], b: [3, 3, 2] },
  {
    name: 'batches [2, 1] and [3], transposed',
    a: [2, 1, 3, 2],
    b: [3, 2, 3],
    transpose: [true, true],
  },
  { name: 'larger than a tile, uneven', a: [37, 41], b: [41, 35] },
  { name: 'a row and a column', a: [1, 50], b: [50, 1] },
]

const operations: readonly Operation[] = rows.map(({ name, a, b, transpose = [false, false] }) => ({
  name: `matMul, ${name}`,
  kernels: ['BatchMatMul'],
  make: () => [floats(a), floats(b, { seed: 2 })],
  run: (x, y) => tf.matMul(x as Tensor, y as Tensor, ...transpose),
  truth: product(...transpose),
  order: a.length === 2 && (a[0] as number) > 30 ? 1 : 2,
}))

const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const

const others: readonly Operation[] = [
  {
    name: 'matMul of nothing',
    kernels: ['BatchMatMul'],
    make: () => [exactly([], [3, 0]), exactly([], [0, 5]), floats([5, 2])],
    run: (a, b, c) => [
      tf.matMul(a as Tensor, b as Tensor),
      tf.matMul(b as Tensor, c as Tensor),
      tf.matMul(b as Tensor, b as Tensor, true),
    ],
    order: 0,
    truth: () => [new Float32Array(15), [], new Float32Array(25)],
  },
  {
    name: 'dot and outerProduct',
    kernels: ['BatchMatMul'],
    make: () => [floats([4]), floats([4, 3], { seed: 2 }), floats([3], { seed: 3 })],
    run: (a, b, c) => [
      tf.dot(a as Tensor, b as Tensor),
      tf.outerProduct(a as tf.Tensor1D, c as tf.Tensor1D),
    ],
  },
  ...[
    ['bhid,bhjd->bhij', [2, 2, 3, 4], [2, 2, 5, 4]],
    ['bij,jk->bik', [2, 3, 4], [4, 2]],
    ['ij,kj->ki', [3, 4], [5, 4]],
    ['bi,bj->bij', [2, 3], [2, 4]],
  ].map(
    ([equation, a, b]): Operation => ({
      name: `einsum ${String(equation)}`,
      kernels: ['Einsum'],
      make: () => [floats(a as number[]), floats(b as number[], { seed: 2 })],
      run: (x, y) => tf.einsum(equation as string, x as Tensor, y as Tensor),
    }),
  ),
  {
    name: 'einsum of core, three operands',
    kernels: [],
    make: () => [floats([2, 3]), floats([3, 4], { seed: 2 }), floats([4, 2], { seed: 3 })],
    run: (...xs) => einsum('ij,jk,kl->il', ...xs),
  },
  ...activations.map(
    (activation): Operation => ({
      name: `fused.matMul, ${activation}`,
      kernels: ['_FusedMatMul'],
      make: () => [floats([3, 4]), floats([5, 4], { seed: 2 }), floats([5], { seed: 3 })],
      run: (a, b, bias) =>
        tf.fused.matMul({
          a: a as Tensor,
          b: b as Tensor,
          bias: bias as Tensor,
          activation,
          transposeB: true,
        }),
      order: 0,
    }),
  ),
  {
    name: 'norm',
    kernels: [],
    make: () => [floats([3, 4])],
    run: (x) => tf.norm(x as Tensor, 'euclidean', 1),
  },
]

/** Cases of products. */
export const productCases: readonly ConformanceCase[] = casesOf('products', [
  ...operations,
  ...others,
])
