/**
 * Structural similarity at five scales, MS-SSIM (Wang, Simoncelli and Bovik 2003), with the exponents of the paper:
 *
 *     MS-SSIM = mean(luminance_5 structure_5)^w5  prod over s < 5 of mean(structure_s)^ws
 *
 * where luminance and structure are the factors of SSIM, and each scale is the one before averaged over blocks of 2 x 2. A mean
 * below 0 counts as 0. Each channel is compared for itself, and the results are averaged.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { conv2d, div, fill, mean, mul, pow, relu, reshape } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import { checkDataRange, checkSameShape, type DataRange } from './mean-squared-error.ts'
import { channelsToBatch, SIMILARITY_WINDOW, similarityParts } from './structural-similarity.ts'

const EXPONENTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]

/** At the last scale the window must fit. */
const SMALLEST_SIDE = SIMILARITY_WINDOW * 2 ** (EXPONENTS.length - 1)

/**
 * Differentiable, where no scale's mean is 0. Of an odd side the last row or column is left out at the next scale.
 *
 * @param a `[batch, height, width, channels]`, height and width at least 176
 * @param b of the same shape
 * @returns `[batch]`, in [0, 1]; 1 for equal images. Often given in decibels: -10 log10(1 - MS-SSIM)
 * @throws WinnowError for other shapes, smaller images or a range that is not positive
 */
export function multiScaleStructuralSimilarity(a: Tensor, b: Tensor, options: DataRange): Tensor {
  const { dataRange } = options
  checkDataRange('multiScaleStructuralSimilarity', dataRange)
  checkSameShape('multiScaleStructuralSimilarity', a, b)
  const [batch, height = 0, width = 0, channels] = a.shape as [number, number?, number?, number?]
  check(
    a.rank === 4 && Math.min(height, width) >= SMALLEST_SIDE,
    () =>
      `multiScaleStructuralSimilarity: shape [${a.shape}] came, expected [batch, height, width, channels] of at least ${SMALLEST_SIDE} x ${SMALLEST_SIDE}`,
  )
  let x = channelsToBatch(div(a, dataRange))
  let y = channelsToBatch(div(b, dataRange))
  let product: Tensor | undefined
  for (const [scale, exponent] of EXPONENTS.entries()) {
    const { luminance, structure } = similarityParts(x, y)
    const last = scale === EXPONENTS.length - 1
    const similarity = mean(last ? mul(luminance, structure) : structure, [1, 2, 3])
    const factor = pow(relu(similarity), exponent)
    product = product === undefined ? factor : mul(product, factor)
    if (!last) [x, y] = [halved(x), halved(y)]
  }
  // [batch * channels] -> [batch]
  return mean(reshape(product as Tensor, [batch, channels as number]), 1)
}

/** The means of blocks of 2 x 2, by a convolution: the gradient of pooling is not on every backend. */
function halved(x: Tensor): Tensor {
  return conv2d(x as Tensor4D, fill([2, 2, 1, 1], 0.25), 2, 'valid')
}
