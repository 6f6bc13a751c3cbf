/**
 * Whole-number weights for a trained convolution: for each output channel the largest power of two by which its weights can
 * be scaled such that neither a weight nor a sum grows too large.
 *
 *     real output = bias + sum of weight * step in * integer in,     integer out = floor(2^-k (b + sum of q * integer in))
 *     q = round(2^k weight * step in / step out),                    b = round(2^k bias / step out + 2^(k-1))
 */
import { WinnowError } from '@winnow/core'
import {
  eachWeight,
  FACTOR,
  furthestSum,
  type IntegerWeights,
  MOST,
  proveSums,
  type Range,
  type Weights,
} from './sums.ts'

/** What a layer's integers stand for. */
export interface Steps {
  /** What 1 stands for in each input channel. */
  readonly input: ArrayLike<number>
  /** What 1 stands for in each output channel. */
  readonly output: ArrayLike<number>
  /** What the input's integers are within. */
  readonly range: Range
}

/** Sums are shifted by at most so many bits, to the right or the left. */
const MOST_SHIFT = 22

/**
 * @param bias of the trained layer, `[outputs]`
 * @throws WinnowError for values that are not finite, or weights that cannot be brought below the bound
 */
export function quantiseLayer(
  layer: string,
  trained: Weights,
  bias: ArrayLike<number>,
  steps: Steps,
): IntegerWeights {
  const values = new Float32Array(trained.values.length)
  const integers = { ...trained, values }
  const biases = new Float32Array(trained.outputs)
  const scale = new Float32Array(trained.outputs)
  for (let output = 0; output < trained.outputs; output++) {
    const step = steps.output[output] as number
    // In units of the output's step: multiplied by 2^k they become the whole numbers.
    const real = (at: number, input: number): number =>
      ((trained.values[at] as number) * (steps.input[input] as number)) / step
    let largest = 0
    eachWeight(trained, output, (at, _row, _column, input) => {
      largest = Math.max(largest, Math.abs(real(at, input)))
    })
    const offset = (bias[output] as number) / step
    if (!Number.isFinite(largest) || !Number.isFinite(offset)) {
      throw new WinnowError(`${layer}: weights of channel ${output} are not finite`)
    }
    let shift = Math.min(
      MOST_SHIFT,
      largest === 0 ? MOST_SHIFT : Math.floor(Math.log2(FACTOR / largest)),
    )
    for (; ; shift--) {
      if (shift < -MOST_SHIFT) {
        throw new WinnowError(
          `${layer}: weights of channel ${output} reach ${largest} output steps for one input step; no whole numbers below 2^24 hold their sums`,
        )
      }
      eachWeight(trained, output, (at, _row, _column, input) => {
        values[at] = Math.round(real(at, input) * 2 ** shift)
      })
      const half = shift > 0 ? 2 ** (shift - 1) : 0
      const whole = Math.round(offset * 2 ** shift + half)
      biases[output] = whole
      scale[output] = 2 ** -shift
      if (furthestSum(integers, output, { range: steps.range, bias: whole }) <= MOST) break
    }
  }
  const quantised: IntegerWeights = { ...integers, bias: biases, scale }
  proveSums(layer, quantised, steps.range)
  return quantised
}
