/**
 * Wavelet transforms by lifting (Sweldens, 1996; Daubechies and Sweldens, 1998): even and odd samples predict and update
 * each other in turn, so that the inverse is the same steps backwards with their signs changed.
 *
 *     Haar (1910):   low = (even + odd) / sqrt 2,   high = (even - odd) / sqrt 2
 *     CDF 9/7 (Cohen, Daubechies and Feauveau, 1992; also bior4.4, and JPEG 2000's irreversible transform):
 *         odd += a (even + even'),  even += b (odd' + odd),  odd += c (even + even'),  even += d (odd' + odd)
 *         low = k even,   high = -odd / k
 *
 * where even' is the next sample and odd' the one before. Both keep energy (Haar) or nearly so (CDF 9/7): the low-pass
 * filter sums to sqrt 2.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, concat, mul, neg, reshape, slice, stack, sub } from '@tensorflow/tfjs-core'
import { unknownName } from '@winnow/core'

/** The wavelets by name. */
export type WaveletName = 'haar' | 'cdf97'

/** What lies beyond the ends: the other end, or the mirror image about the last sample. */
export type WaveletBoundary = 'periodic' | 'symmetric'

/** Low and high band, each half as long along the axis. */
export interface Bands {
  readonly low: Tensor
  readonly high: Tensor
}

const PREDICT_AND_UPDATE = [
  -1.586134342059924, -0.052980118572961, 0.882911075530934, 0.443506852043971,
]
const SCALE = 1.149604398860241

/** Splits `[outer, length, inner]`, the length being even, into bands `[outer, length / 2, inner]`. */
export function analyse(x: Tensor, wavelet: WaveletName, boundary: WaveletBoundary): Bands {
  const [outer, length, inner] = x.shape as [number, number, number]
  const pairs = reshape(x, [outer, length / 2, 2, inner])
  const phase = (at: number): Tensor =>
    reshape(slice(pairs, [0, 0, at, 0], [outer, length / 2, 1, inner]), [outer, length / 2, inner])
  let [even, odd] = [phase(0), phase(1)]
  if (wavelet === 'haar') {
    return { low: mul(add(even, odd), Math.SQRT1_2), high: mul(sub(even, odd), Math.SQRT1_2) }
  }
  PREDICT_AND_UPDATE.forEach((factor, step) => {
    if (step % 2 === 0) odd = add(odd, mul(add(even, following(even, boundary)), factor))
    else even = add(even, mul(add(preceding(odd, boundary), odd), factor))
  })
  return { low: mul(even, SCALE), high: mul(odd, -1 / SCALE) }
}

/** The inverse of {@link analyse}. */
export function synthesise(
  { low, high }: Bands,
  wavelet: WaveletName,
  boundary: WaveletBoundary,
): Tensor {
  const [outer, half, inner] = low.shape as [number, number, number]
  let even: Tensor
  let odd: Tensor
  if (wavelet === 'haar') {
    even = mul(add(low, high), Math.SQRT1_2)
    odd = mul(sub(low, high), Math.SQRT1_2)
  } else {
    even = mul(low, 1 / SCALE)
    odd = mul(neg(high), SCALE)
    for (let step = PREDICT_AND_UPDATE.length - 1; step >= 0; step--) {
      const factor = PREDICT_AND_UPDATE[step] as number
      if (step % 2 === 0) odd = sub(odd, mul(add(even, following(even, boundary)), factor))
      else even = sub(even, mul(add(preceding(odd, boundary), odd), factor))
    }
  }
  return reshape(stack([even, odd], 2), [outer, 2 * half, inner])
}

/** @throws WinnowError when there is no such wavelet or boundary */
export function checkWavelet(caller: string, wavelet: string, boundary: string): void {
  const wavelets = ['haar', 'cdf97']
  if (!wavelets.includes(wavelet)) throw unknownName(`${caller}: wavelet`, wavelet, wavelets)
  const boundaries = ['periodic', 'symmetric']
  if (!boundaries.includes(boundary)) throw unknownName(`${caller}: boundary`, boundary, boundaries)
}

/** Entry i + 1 at place i. After the last even sample comes the first, or, mirrored about the last odd one, itself. */
function following(even: Tensor, boundary: WaveletBoundary): Tensor {
  const [outer, half, inner] = even.shape as [number, number, number]
  if (half === 1) return even
  const rest = slice(even, [0, 1, 0], [outer, half - 1, inner])
  const from = boundary === 'periodic' ? 0 : half - 1
  return concat([rest, slice(even, [0, from, 0], [outer, 1, inner])], 1)
}

/** Entry i - 1 at place i. Before the first odd sample comes the last, or, mirrored about the first even one, itself. */
function preceding(odd: Tensor, boundary: WaveletBoundary): Tensor {
  const [outer, half, inner] = odd.shape as [number, number, number]
  if (half === 1) return odd
  const rest = slice(odd, [0, 0, 0], [outer, half - 1, inner])
  const from = boundary === 'periodic' ? half - 1 : 0
  return concat([slice(odd, [0, from, 0], [outer, 1, inner]), rest], 1)
}
