/**
 * Comparison of a gradient with finite differences.
 *
 * The function's output is weighted by fixed pseudo-random numbers and summed in double precision; derivatives are
 * taken by the five-point rule f'(x) ≈ (8 [f(x+h) - f(x-h)] - [f(x+2h) - f(x-2h)]) / 12h, whose error is of order h⁴.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { check, WinnowError } from '../error.ts'
import { gradient } from '../gradients/gradient.ts'

/** Settings of {@link checkGradient}. */
export interface CheckGradientOptions {
  /** 1 compares the gradient; 2 also compares the gradient of the gradient. Default 1. */
  readonly order?: 1 | 2
  /** h of the difference rule, in units of the inputs. Default 0.02. */
  readonly step?: number
  /** Largest allowed |difference| / (1 + |expected|). Default 3e-4. */
  readonly tolerance?: number
}

type Differentiable = (...inputs: Tensor[]) => Tensor

/**
 * Throws unless the gradient of `fn` agrees with finite differences at `inputs`. The inputs should lie further than
 * two steps from any kink of `fn`.
 *
 * @param fn from float32 tensors to one float32 tensor, of any shape.
 * @param inputs the point, float32, a few dozen elements altogether.
 * @returns the largest error found, |difference| / (1 + |expected|).
 * @throws WinnowError that names the input, the element, both values and the order.
 */
export function checkGradient(
  fn: Differentiable,
  inputs: readonly Tensor[],
  options: CheckGradientOptions = {},
): number {
  const { order = 1, step = 0.02, tolerance = 3e-4 } = options
  const first = compare(fn, inputs, step, tolerance, 'first derivative')
  if (order === 1) return first
  // The gradient, as a function: flattened and joined, so that all mixed derivatives are covered.
  const slope: Differentiable = (...points) => {
    const slopes = gradient(() => weightedSum(fn(...points)), points)
    return tf.concat(slopes.map((t) => tf.reshape(t, [t.size])))
  }
  return Math.max(first, compare(slope, inputs, step, tolerance, 'second derivative'))
}

function compare(
  fn: Differentiable,
  inputs: readonly Tensor[],
  step: number,
  tolerance: number,
  what: string,
): number {
  const analytic = tf.tidy(() => {
    const found = gradient(() => weightedSum(fn(...inputs)), inputs)
    return found.map((t) => Array.from(t.dataSync()))
  })
  let worst = 0
  inputs.forEach((input, i) => {
    const values = Array.from(input.dataSync())
    values.forEach((value, j) => {
      const at = (offset: number): number => evaluate(fn, inputs, i, j, value + offset)
      const near = difference(at, value, step)
      const found = (analytic[i] as number[])[j] as number
      const error = Math.abs(found - near) / (1 + Math.abs(near))
      if (!(error <= tolerance)) {
        throw new WinnowError(
          `checkGradient: ${what}, input ${i}, element ${j}: gradient ${found}, finite differences ${near} ` +
            `(error ${error.toExponential(1)}, allowed ${tolerance})`,
        )
      }
      worst = Math.max(worst, error)
    })
  })
  return worst
}

function difference(at: (offset: number) => number, value: number, step: number): number {
  // Steps that float32 represents exactly around this value.
  const h = Math.fround(value + step) - Math.fround(value)
  return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
}

function evaluate(
  fn: Differentiable,
  inputs: readonly Tensor[],
  i: number,
  j: number,
  value: number,
): number {
  return tf.tidy(() => {
    const point = inputs.map((input, k) => {
      if (k !== i) return input
      const moved = Float32Array.from(input.dataSync())
      moved[j] = value
      return tf.tensor(moved, input.shape, 'float32')
    })
    const output = fn(...point)
    const weights = weightsFor(output.size)
    return Array.from(output.dataSync()).reduce((sum, y, k) => sum + y * (weights[k] as number), 0)
  })
}

function weightedSum(output: Tensor): Tensor {
  check(
    output.dtype === 'float32',
    () => `checkGradient: fn returned ${output.dtype}, expected float32`,
  )
  return tf.sum(tf.mul(output, tf.tensor(weightsFor(output.size), output.shape)))
}

/** Fixed weights in ±[0.5, 1.5], irregular enough that no sign or order error cancels. */
function weightsFor(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => {
    const fraction = Math.abs(Math.sin(12.9898 * (i + 1)) * 43758.5453) % 1
    return (0.5 + fraction) * (i % 3 === 1 ? -1 : 1)
  })
}
