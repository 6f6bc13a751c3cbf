/**
 * The likelihood p(x | z) as an object that states its data range and its reduction.
 *
 * `logProbability` is the SUM over the pixels of each example, in nats; the objective takes the MEAN over the batch.
 * The KL is in the same unit, so nothing else has to be scaled.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { split, sum } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import type { Rng } from '../rng.ts'
import type { ValueRange } from './value-range.ts'

/** The one reduction there is, spelled out for reports. */
export const LIKELIHOOD_REDUCTION: Likelihood['reduction'] = 'sum over pixels, mean over batch'

/** The choice of a likelihood: what the decoder's outputs mean. */
export interface Likelihood {
  readonly name: string
  /** Where data must lie. */
  readonly range: ValueRange
  readonly reduction: 'sum over pixels, mean over batch'
  /**
   * How many outputs the decoder gives for each pixel: for data `[batch, ..., channels]`, outputs are
   * `[batch, ..., parameters * channels]`, one block of `channels` for each parameter.
   */
  readonly parameters: number
  /**
   * @param x `[batch, ...]` in `range`
   * @returns `[batch]` nats, summed over everything but the batch
   */
  logProbability(x: Tensor, outputs: Tensor): Tensor
  /** The picture to show: the expected value in the data's range, `[batch, ..., channels]`. */
  mean(outputs: Tensor): Tensor
  /** A draw in the data's range, `[batch, ..., channels]`; without gradient where data are discrete. */
  sample(outputs: Tensor, rng: Rng): Tensor
  /**
   * @param values of the data, on the host
   * @param name of the argument, for the message
   * @throws WinnowError when a value lies outside `range`
   */
  checkRange(values: ArrayLike<number>, name: string): void
}

/** Sums over every axis but the first: `[batch, ...]` -> `[batch]`. */
export function sumPerExample(x: Tensor): Tensor {
  return x.rank === 1 ? x : sum(x, range(1, x.rank))
}

/**
 * The blocks of a decoder's outputs, `[batch, ..., channels]` each.
 *
 * @throws WinnowError when the last axis does not divide by the number of parameters
 */
export function splitOutputs(
  outputs: Tensor,
  likelihood: Pick<Likelihood, 'name' | 'parameters'>,
): Tensor[] {
  const { name, parameters } = likelihood
  if (parameters === 1) return [outputs]
  const width = outputs.shape.at(-1)
  check(
    width !== undefined && width % parameters === 0,
    () =>
      `${name}: outputs of shape [${outputs.shape}] came, expected the last axis to divide by its ${parameters} parameters`,
  )
  return split(outputs, parameters, -1)
}

/** @throws WinnowError unless the outputs hold `parameters` numbers for each number of `x` */
export function checkOutputs(
  x: Tensor,
  outputs: Tensor,
  likelihood: Pick<Likelihood, 'name' | 'parameters'>,
): void {
  const { name, parameters } = likelihood
  const expected = x.shape.map((size, axis) => (axis === x.rank - 1 ? size * parameters : size))
  check(
    outputs.shape.join() === expected.join(),
    () =>
      `${name}: outputs of shape [${outputs.shape}] came, expected [${expected}] for data of shape [${x.shape}]`,
  )
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
