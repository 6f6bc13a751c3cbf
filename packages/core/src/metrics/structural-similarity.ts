/**
 * Structural similarity, SSIM (Wang et al., 2004), with the constants of the paper: an 11 x 11 Gaussian window of
 * deviation 1.5, K1 = 0.01, K2 = 0.03.
 *
 *     SSIM = (2 ma mb + C1) (2 cab + C2) / ((ma^2 + mb^2 + C1) (va + vb + C2)),   Ci = (Ki dataRange)^2
 *
 * with means, variances and covariance under the window, at every place where the window fits, and averaged.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import {
  add,
  concat,
  conv2d,
  div,
  mean,
  mul,
  reshape,
  split,
  square,
  sub,
  tensor4d,
  transpose,
} from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import { withoutGradient } from '../gradients/stop-gradient.ts'
import { checkDataRange, checkSameShape, type DataRange } from './mean-squared-error.ts'

/** Sides of the window. */
export const SIMILARITY_WINDOW = 11
const DEVIATION = 1.5
const C1 = 0.01 ** 2
const C2 = 0.03 ** 2

/**
 * Each channel is compared for itself. Differentiable, so `1 - SSIM` serves as a loss too.
 *
 * @param a `[batch, height, width, channels]`, height and width at least 11
 * @param b of the same shape
 * @returns `[batch]`, in [-1, 1]; 1 for equal images
 * @throws WinnowError for other shapes, smaller images or a range that is not positive
 */
export function structuralSimilarity(a: Tensor, b: Tensor, options: DataRange): Tensor {
  const { dataRange } = options
  checkDataRange('structuralSimilarity', dataRange)
  checkSameShape('structuralSimilarity', a, b)
  const [batch, height = 0, width = 0] = a.shape as [number, number?, number?]
  check(
    a.rank === 4 && height >= SIMILARITY_WINDOW && width >= SIMILARITY_WINDOW,
    () =>
      `structuralSimilarity: shape [${a.shape}] came, expected [batch, height, width, channels] of at least ${SIMILARITY_WINDOW} x ${SIMILARITY_WINDOW}`,
  )
  const { luminance, structure } = similarityParts(
    channelsToBatch(div(a, dataRange)),
    channelsToBatch(div(b, dataRange)),
  )
  // [batch * channels, height - 10, width - 10, 1] -> [batch]
  return mean(reshape(mul(luminance, structure), [batch, -1]), 1)
}

/** The factors of SSIM at every place where the window fits, `[n, height - 10, width - 10, 1]` each. */
export interface SimilarityParts {
  /** (2 ma mb + C1) / (ma^2 + mb^2 + C1) */
  readonly luminance: Tensor
  /** (2 cab + C2) / (va + vb + C2) */
  readonly structure: Tensor
}

/** Of images `[n, height, width, 1]`, in units of their range. */
export function similarityParts(a: Tensor, b: Tensor): SimilarityParts {
  // Centred: rounding in E[x^2] - E[x]^2 must stay far below C2, which is 9e-4.
  const [x, shiftX] = centre(a)
  const [y, shiftY] = centre(b)
  const products = concat([x, y, square(x), square(y), mul(x, y)], 0) as Tensor4D
  const moments = split(blur(products), 5, 0) as [Tensor, Tensor, Tensor, Tensor, Tensor]
  const [centredX, centredY, squareX, squareY, product] = moments
  const covariance = sub(product, mul(centredX, centredY))
  const variances = sub(add(squareX, squareY), add(square(centredX), square(centredY)))
  const meanX = add(centredX, shiftX)
  const meanY = add(centredY, shiftY)
  return {
    luminance: div(add(mul(mul(meanX, meanY), 2), C1), add(add(square(meanX), square(meanY)), C1)),
    structure: div(add(mul(covariance, 2), C2), add(variances, C2)),
  }
}

/** The image less its mean, and the mean, `[..., 1, 1, 1]`. The shift cancels, so it needs no gradient. */
function centre(x: Tensor): [centred: Tensor, shift: Tensor] {
  const shift = withoutGradient(() => mean(x, [1, 2, 3], true))
  return [sub(x, shift), shift]
}

/**
 * The Gaussian window, rows then columns, only where it fits. Takes one channel: the gradient of a depthwise
 * convolution, which would take several, is missing on wasm.
 */
function blur(x: Tensor4D): Tensor4D {
  const bell = Array.from({ length: SIMILARITY_WINDOW }, (_, i) =>
    Math.exp(-((i - (SIMILARITY_WINDOW - 1) / 2) ** 2) / (2 * DEVIATION ** 2)),
  )
  const total = bell.reduce((sum, value) => sum + value, 0)
  const filter = bell.map((value) => value / total)
  const rows = conv2d(x, tensor4d(filter, [SIMILARITY_WINDOW, 1, 1, 1]), 1, 'valid')
  return conv2d(rows, tensor4d(filter, [1, SIMILARITY_WINDOW, 1, 1]), 1, 'valid')
}

/** `[batch, height, width, channels]` -> `[batch * channels, height, width, 1]` */
export function channelsToBatch(x: Tensor): Tensor {
  const [, height, width, channels] = x.shape as [number, number, number, number]
  const ordered = channels === 1 ? x : transpose(x, [0, 3, 1, 2])
  return reshape(ordered, [-1, height, width, 1])
}
