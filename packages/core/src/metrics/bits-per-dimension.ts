/**
 * Bits per dimension, the unit in which likelihoods of pictures are compared.
 *
 *     bits = -log p(x) / (dimensions log 2) - log2(binWidth)
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, mul } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'

/** Options of {@link bitsPerDimension}. */
export interface BitsPerDimensionOptions {
  /** Number of values in one example, channels included: 784 for MNIST, 3072 for CIFAR-10. */
  readonly dimensions: number
  /**
   * For a density: the distance of neighbouring levels in the data's unit, 1/256 for dequantised bytes in [0, 1].
   * 1 (the default) for the probability of discrete data.
   */
  readonly binWidth?: number
}

/**
 * @param logProbability nats of whole examples, any shape
 * @returns bits for each dimension, of the same shape
 * @throws WinnowError unless both options are positive
 */
export function bitsPerDimension(logProbability: Tensor, options: BitsPerDimensionOptions): Tensor {
  const { dimensions, binWidth = 1 } = options
  check(
    Number.isInteger(dimensions) && dimensions > 0,
    () =>
      `bitsPerDimension: dimensions ${dimensions} came, expected how many values an example has`,
  )
  check(
    Number.isFinite(binWidth) && binWidth > 0,
    () => `bitsPerDimension: binWidth ${binWidth} came, expected a positive number`,
  )
  return add(mul(logProbability, -1 / (dimensions * Math.LN2)), -Math.log2(binWidth))
}
