/**
 * Mean squared error and peak signal-to-noise ratio of reconstructions.
 *
 *     PSNR = 10 log10(dataRange^2 / MSE)
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { div, log, mean, mul, reshape, square, sub } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'

/** The width of the interval that the data lie in: 1 for [0, 1], 2 for [-1, 1], 255 for bytes. */
export interface DataRange {
  readonly dataRange: number
}

/**
 * @param a `[batch, ...]`
 * @param b of the same shape
 * @returns `[batch]`, the mean over everything but the batch, in squared units of the data
 */
export function meanSquaredError(a: Tensor, b: Tensor): Tensor {
  checkSameShape('meanSquaredError', a, b)
  return mean(reshape(square(sub(a, b)), [a.shape[0] as number, -1]), 1)
}

/**
 * @param a `[batch, ...]`
 * @param b of the same shape
 * @returns `[batch]` decibels; infinity for equal examples
 */
export function peakSignalToNoiseRatio(a: Tensor, b: Tensor, options: DataRange): Tensor {
  const { dataRange } = options
  checkDataRange('peakSignalToNoiseRatio', dataRange)
  checkSameShape('peakSignalToNoiseRatio', a, b)
  return mul(log(div(dataRange ** 2, meanSquaredError(a, b))), 10 / Math.LN10)
}

/** @throws WinnowError unless both have one shape, a batch first */
export function checkSameShape(metric: string, a: Tensor, b: Tensor): void {
  check(
    a.rank > 0 && a.shape.join() === b.shape.join(),
    () => `${metric}: shapes [${a.shape}] and [${b.shape}] came, expected [batch, ...] twice`,
  )
}

/** @throws WinnowError unless it is a positive number */
export function checkDataRange(metric: string, dataRange: number): void {
  check(
    Number.isFinite(dataRange) && dataRange > 0,
    () =>
      `${metric}: dataRange ${dataRange} came, expected the width of the data's interval, such as 1 for [0, 1]`,
  )
}
