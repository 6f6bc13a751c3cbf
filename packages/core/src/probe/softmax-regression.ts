/**
 * The objective of multinomial logistic regression with its gradient: block by block on the device, summed on the host.
 *
 *     f(W, b) = -1/n sum_i log p_i[y_i] + l2/2 |W|^2,   p_i = softmax(W^T x_i + b)
 *     df/dW = 1/n X^T (P - Y) + l2 W,   df/db = 1/n sum_i (p_i - y_i)
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import {
  concat,
  dispose,
  exp,
  matMul,
  mul,
  neg,
  reshape,
  sub,
  sum,
  tensor,
} from '@tensorflow/tfjs-core'
import { compile } from '../compile.ts'
import { logSoftmax } from '../gradients/activation.ts'
import { rowBlocks } from './features.ts'
import type { Evaluation } from './limited-memory-bfgs.ts'

/** What {@link softmaxRegression} is made of. */
interface SoftmaxRegressionOptions {
  readonly shape: readonly [items: number, features: number]
  readonly classes: number
  readonly l2: number
  /** Most rows on the device in one call. */
  readonly block: number
}

/** The objective, which holds its data on the device until it is disposed. */
interface SoftmaxRegression extends Disposable {
  /** How many numbers a point has: W in row-major order, then b. */
  readonly size: number
  evaluate(point: Float64Array): Promise<Evaluation>
}

/** @param x `[items, features]`, about standardised */
export function softmaxRegression(
  x: Float32Array,
  labels: Int32Array,
  options: SoftmaxRegressionOptions,
): SoftmaxRegression {
  const { shape, classes, l2, block } = options
  const [items, features] = shape
  const weights = features * classes
  const columns = features + 1
  // A last column of ones takes the bias along. Rows of padding have no class, and so no part in anything.
  const blocks = [...rowBlocks(x, shape, block)].map(({ data, start, count }) => {
    const rows = data.length / features
    const extended = new Float32Array(rows * columns).fill(1)
    const targets = new Float32Array(rows * classes)
    for (let i = 0; i < rows; i++) {
      extended.set(data.subarray(i * features, (i + 1) * features), i * columns)
      if (i < count) targets[i * classes + (labels[start + i] as number)] = 1
    }
    return { x: tensor(extended, [rows, columns]), targets: tensor(targets, [rows, classes]) }
  })

  /** In one tensor: the block's sum for the gradient, then the loss of each row, which the host adds up in float64. */
  const sums = compile((rows: Tensor, targets: Tensor, weight: Tensor): Tensor => {
    const logProbabilities = logSoftmax(matMul(rows as Tensor2D, weight as Tensor2D))
    const real = sum(targets, 1, true)
    const error = sub(mul(exp(logProbabilities), real), targets)
    return concat([
      reshape(matMul(rows as Tensor2D, error as Tensor2D, true), [columns * classes]),
      neg(sum(mul(targets, logProbabilities), 1)),
    ])
  })

  const evaluate = async (point: Float64Array): Promise<Evaluation> => {
    const weight = tensor(Float32Array.from(point), [columns, classes])
    const gradient = new Float64Array(point.length)
    let value = 0
    try {
      for (const { x, targets } of blocks) {
        const totals = await sums(x, targets, weight)
        const numbers = await totals.data()
        totals.dispose()
        for (let i = 0; i < gradient.length; i++) {
          gradient[i] = (gradient[i] as number) + (numbers[i] as number) / items
        }
        for (let i = gradient.length; i < numbers.length; i++) {
          value += (numbers[i] as number) / items
        }
      }
    } finally {
      weight.dispose()
    }
    for (let i = 0; i < weights; i++) {
      const own = point[i] as number
      gradient[i] = (gradient[i] as number) + l2 * own
      value += (l2 / 2) * own ** 2
    }
    return { value, gradient }
  }

  return {
    size: columns * classes,
    evaluate,
    [Symbol.dispose]() {
      sums.dispose()
      dispose(blocks)
    },
  }
}
