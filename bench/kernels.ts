/** Single kernels, by bench and case; `bench/peers` has the same ones in Python, by the same names. */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { Rng } from '../packages/core/src/index.ts'
import { gelu } from '../packages/layers/src/index.ts'
import type { KernelBench } from './names.ts'

export interface Kernel {
  readonly inputs: readonly Tensor[]
  /** A function of the inputs, made of one tfjs operation or of a few that belong together. */
  apply(...inputs: readonly Tensor[]): Tensor
}

type Cases = Readonly<Record<string, () => Kernel>>

const rng = new Rng(2)
const normal = (...shape: readonly number[]): Tensor => rng.normal(shape)
const indices = (count: number, high: number): Tensor => rng.integers([count], { high })

function unary(apply: (x: Tensor) => Tensor, ...shape: readonly number[]): () => Kernel {
  return () => ({ inputs: [normal(...shape)], apply: (x) => apply(x as Tensor) })
}

function product(
  [left, right]: readonly [readonly number[], readonly number[]],
  transposeLeft = false,
  transposeRight = false,
): () => Kernel {
  return () => ({
    inputs: [normal(...left), normal(...right)],
    apply: (a, b) => tf.matMul(a as Tensor, b as Tensor, transposeLeft, transposeRight),
  })
}

const map = [64, 32, 32, 64] as const
const filter = [3, 3, 64, 64] as const

function convolve(x: Tensor, weight: Tensor): Tensor {
  return tf.conv2d(x as Tensor4D, weight as Tensor4D, 1, 'same')
}

const catalogue: Readonly<Record<KernelBench, Cases>> = {
  matmul: {
    '128x784x512': product([
      [128, 784],
      [784, 512],
    ]),
    '1024': product([
      [1024, 1024],
      [1024, 1024],
    ]),
    '1024-left-transposed': product(
      [
        [1024, 1024],
        [1024, 1024],
      ],
      true,
    ),
    '1024-right-transposed': product(
      [
        [1024, 1024],
        [1024, 1024],
      ],
      false,
      true,
    ),
    'batched-256x64x64x64': product(
      [
        [256, 64, 64],
        [256, 64, 64],
      ],
      false,
      true,
    ),
  },
  convolution: {
    forward: () => ({
      inputs: [normal(...map), normal(...filter)],
      apply: (x, weight) => convolve(x as Tensor, weight as Tensor),
    }),
    'input-gradient': () => ({
      inputs: [normal(...map), normal(...filter), normal(...map)],
      apply: (x, weight, dy) =>
        tf.grad((input: Tensor) => convolve(input, weight as Tensor))(x as Tensor, dy as Tensor),
    }),
    'filter-gradient': () => ({
      inputs: [normal(...map), normal(...filter), normal(...map)],
      apply: (x, weight, dy) =>
        tf.grad((input: Tensor) => convolve(x as Tensor, input))(weight as Tensor, dy as Tensor),
    }),
  },
  elementwise: {
    add: () => ({
      inputs: [normal(1024, 1024), normal(1024, 1024)],
      apply: (a, b) => tf.add(a as Tensor, b as Tensor),
    }),
    'add-broadcast': () => ({
      inputs: [normal(1024, 1024), normal(1024)],
      apply: (a, b) => tf.add(a as Tensor, b as Tensor),
    }),
    exp: unary((x) => tf.exp(x), 1024, 1024),
    tanh: unary((x) => tf.tanh(x), 1024, 1024),
    softplus: unary((x) => tf.softplus(x), 1024, 1024),
    gelu: unary(gelu, 1024, 1024),
    transpose: unary((x) => tf.transpose(x, [0, 2, 1, 3]), 64, 64, 4, 64),
  },
  reduce: {
    'sum-all': unary((x) => tf.sum(x), 1024, 1024),
    'sum-rows': unary((x) => tf.sum(x, 1), 1024, 1024),
    'sum-columns': unary((x) => tf.sum(x, 0), 1024, 1024),
    'max-rows': unary((x) => tf.max(x, 1), 1024, 1024),
    'argmax-rows': unary((x) => tf.argMax(x, 1), 1024, 1024),
    softmax: unary((x) => tf.softmax(x), 1024, 1024),
  },
  'gather-scatter': {
    gather: () => ({
      inputs: [normal(10_000, 256), indices(8192, 10_000)],
      apply: (table, rows) => tf.gather(table as Tensor, rows as Tensor1D),
    }),
    'gather-gradient': () => ({
      inputs: [normal(10_000, 256), indices(8192, 10_000), normal(8192, 256)],
      apply: (table, rows, dy) =>
        tf.grad((x: Tensor) => tf.gather(x, rows as Tensor1D))(table as Tensor, dy as Tensor),
    }),
    'few-segments': () => ({
      inputs: [normal(20_000, 512), indices(20_000, 100)],
      apply: (x, segments) => tf.unsortedSegmentSum(x as Tensor, segments as Tensor1D, 100),
    }),
  },
}

/** The kernels of a bench, with their inputs, by the names of their cases. */
export function buildKernels(bench: string): Map<string, Kernel> {
  const cases = (catalogue as Readonly<Record<string, Cases>>)[bench]
  if (cases === undefined) throw new Error(`there is no bench named '${bench}'`)
  return new Map(Object.entries(cases).map(([name, make]) => [name, make()]))
}
