/** Kernels that make tensors from little or nothing. */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { ConformanceCase, Operation } from '../case.ts'
import { casesOf } from '../case.ts'
import type { Sample } from '../sample.ts'
import { integers } from '../sample.ts'
import { at, fill } from '../truth.ts'

const creation: readonly Operation[] = [
  {
    name: 'Fill, Range, LinSpace, eye',
    kernels: ['Fill', 'Range', 'LinSpace'],
    make: () => [],
    run: () => [
      tf.fill([2, 3], 4.5),
      tf.fill([3], 2, 'int32'),
      tf.range(0, 10, 3),
      tf.range(5, -5, -2, 'int32'),
      tf.linspace(0, 1, 5),
      tf.eye(3),
    ],
    order: 0,
    truth: () => [
      [4.5, 4.5, 4.5, 4.5, 4.5, 4.5],
      [2, 2, 2],
      [0, 3, 6, 9],
      [5, 3, 1, -1, -3],
      [0, 0.25, 0.5, 0.75, 1],
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
    ],
  },
  {
    name: 'OneHot, ids outside included',
    kernels: ['OneHot'],
    make: () => [integers([5, 2], -1, 6)],
    run: (x) => [tf.oneHot(x as Tensor, 4), tf.oneHot(x as Tensor, 4, 2, -1)],
    order: 0,
    truth: ([ids]) => [
      fill([5, 2, 4], (i) => Number(at(ids as Sample, i.slice(0, 2)) === i[2])),
      fill([5, 2, 4], (i) => (at(ids as Sample, i.slice(0, 2)) === i[2] ? 2 : -1)),
    ],
  },
  {
    name: 'BitwiseAnd',
    kernels: ['BitwiseAnd'],
    make: () => [integers([6], 0, 99), integers([6], 0, 99, 2)],
    run: (a, b) => tf.bitwiseAnd(a as Tensor, b as Tensor),
    order: 0,
  },
]

/** Cases of creation. */
export const creationCases: readonly ConformanceCase[] = casesOf('creation', creation)
