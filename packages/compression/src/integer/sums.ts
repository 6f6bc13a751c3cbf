/**
 * Float32 holds every whole number up to 2^24. A sum of products of whole numbers none of whose partial sums can leave that
 * range is therefore exact, in whatever order and with whatever instructions a backend adds it up.
 */
import { check, WinnowError } from '@winnow/core'

/** No partial sum may lie further from 0. */
export const MOST: number = 2 ** 24

/** Weights and activations go no further from 0, so that even backends that round factors to 8 bits leave them as they are. */
export const FACTOR = 255

/** A convolution's weights: one for each tap, input channel and output channel. */
export interface Weights {
  /** `[height, width, inputs, outputs]`, or with `transposed` `[height, width, outputs, inputs]` */
  readonly values: ArrayLike<number>
  readonly kernel: number
  readonly inputs: number
  readonly outputs: number
  readonly stride: number
  readonly transposed: boolean
}

/** What an input channel holds. */
export interface Range {
  readonly low: number
  readonly high: number
}

/**
 * The furthest from 0 that any partial sum of one output channel can come, bias included: all products that may be positive
 * together, or all that may be negative. Of a transposed convolution only those taps meet that lie a stride apart.
 */
export function furthestSum(
  weights: Weights,
  output: number,
  { range, bias }: { readonly range: Range; readonly bias: number },
): number {
  const phases = weights.transposed ? weights.stride : 1
  const positive = new Float64Array(phases * phases).fill(Math.max(bias, 0))
  const negative = new Float64Array(phases * phases).fill(Math.min(bias, 0))
  eachWeight(weights, output, (at, row, column) => {
    const phase = (row % phases) * phases + (column % phases)
    const value = weights.values[at] as number
    const ends = [value * range.low, value * range.high, 0]
    positive[phase] = (positive[phase] as number) + Math.max(...ends)
    negative[phase] = (negative[phase] as number) + Math.min(...ends)
  })
  return Math.max(...positive, ...negative.map((sum) => -sum))
}

/** Every weight of an output channel, by its place, and where it lies in the kernel. */
export function eachWeight(
  { kernel, inputs, outputs, transposed }: Weights,
  output: number,
  visit: (at: number, row: number, column: number, input: number) => void,
): void {
  for (let row = 0, tap = 0; row < kernel; row++) {
    for (let column = 0; column < kernel; column++, tap++) {
      for (let input = 0; input < inputs; input++) {
        const at = transposed
          ? (tap * outputs + output) * inputs + input
          : (tap * inputs + input) * outputs + output
        visit(at, row, column, input)
      }
    }
  }
}

/** A layer as whole numbers. */
export interface IntegerWeights extends Weights {
  readonly bias: ArrayLike<number>
  /** Powers of two: what each sum is multiplied with before it is rounded down. */
  readonly scale: ArrayLike<number>
}

/**
 * The proof: of a layer whose input lies in `range`, no sum can be inexact.
 *
 * @throws WinnowError that names what could be
 */
export function proveSums(layer: string, weights: IntegerWeights, range: Range): void {
  for (let i = 0; i < weights.values.length; i++) {
    const value = weights.values[i] as number
    if (!Number.isInteger(value) || Math.abs(value) > FACTOR) {
      throw new WinnowError(
        `${layer}: weight ${value} came, expected a whole number within ${FACTOR} of 0`,
      )
    }
  }
  for (let output = 0; output < weights.outputs; output++) {
    const bias = weights.bias[output] as number
    const scale = weights.scale[output] as number
    check(
      Number.isInteger(bias) && Number.isInteger(Math.log2(scale)) && scale >= 2 ** -24,
      () =>
        `${layer}: bias ${bias} and scale ${scale} came, expected a whole number and a power of two`,
    )
    const furthest = furthestSum(weights, output, { range, bias })
    check(
      furthest <= MOST,
      () => `${layer}: sums of channel ${output} may reach ${furthest}, expected at most ${MOST}`,
    )
  }
}
