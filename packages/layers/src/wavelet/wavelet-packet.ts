/**
 * Wavelet packets (Coifman and Wickerhauser, 1992): every band is split again at every level, not the lowest alone, so
 * that space shrinks by 2 a level along each axis and channels grow by as much: nothing is lost, and neighbouring pixels
 * become channels of one place, sorted by frequency.
 *
 * Channel c of one level becomes channels c * 2 + band of the next (sound), or c * 4 + 2 * (band along the height) + (band
 * along the width) (images), band 0 being the low one.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { reshape, slice, stack } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import { checkCount } from '../shape.ts'
import {
  analyse,
  type Bands,
  checkWavelet,
  synthesise,
  type WaveletBoundary,
  type WaveletName,
} from './lifting.ts'

/** Options of {@link waveletPacket} and its inverse, which must be the same for both. */
export interface WaveletPacketOptions {
  /** `cdf97` by default. */
  readonly wavelet?: WaveletName
  /** How often all bands are split; 1 by default. */
  readonly levels?: number
  /** `periodic` by default. */
  readonly boundary?: WaveletBoundary
}

/**
 * `[batch, length, channels]` to `[batch, length / 2^levels, channels * 2^levels]`, or `[batch, height, width, channels]` to
 * `[batch, height / 2^levels, width / 2^levels, channels * 4^levels]`.
 *
 * @throws WinnowError when a size is not a multiple of 2^levels, or `x` is neither sound nor images
 */
export function waveletPacket(x: Tensor, options: WaveletPacketOptions = {}): Tensor {
  const { wavelet, levels, boundary } = settings('waveletPacket', options)
  checkAxes('waveletPacket', x)
  const sizes = x.shape.slice(1, -1)
  check(
    sizes.every((size) => size > 0 && size % 2 ** levels === 0),
    () =>
      `waveletPacket: an input of shape [${x.shape}] came, expected ${sizes.length === 1 ? 'a length' : 'a height and width'} divisible by ${2 ** levels} for ${levels} ${levels === 1 ? 'level' : 'levels'}`,
  )
  let bands = x
  for (let level = 0; level < levels; level++) {
    let parts = [bands]
    for (let axis = 1; axis <= sizes.length; axis++) {
      parts = parts.flatMap((part) => {
        const { low, high } = splitAxis(part, axis, wavelet, boundary)
        return [low, high]
      })
    }
    const [first] = parts as [Tensor]
    const channels = first.shape.at(-1) as number
    bands = reshape(stack(parts, -1), [...first.shape.slice(0, -1), channels * parts.length])
  }
  return bands
}

/**
 * The inverse of {@link waveletPacket}, to rounding.
 *
 * @throws WinnowError when the channels are not a multiple of 2^levels (sound) or 4^levels (images)
 */
export function inverseWaveletPacket(bands: Tensor, options: WaveletPacketOptions = {}): Tensor {
  const { wavelet, levels, boundary } = settings('inverseWaveletPacket', options)
  checkAxes('inverseWaveletPacket', bands)
  const axes = bands.rank - 2
  const factor = 2 ** (axes * levels)
  check(
    (bands.shape.at(-1) as number) % factor === 0,
    () =>
      `inverseWaveletPacket: bands of shape [${bands.shape}] came, expected channels divisible by ${factor} for ${levels} ${levels === 1 ? 'level' : 'levels'}`,
  )
  let x = bands
  for (let level = 0; level < levels; level++) {
    let parts = partsOf(x, 2 ** axes)
    for (let axis = axes; axis >= 1; axis--) {
      const joined: Tensor[] = []
      for (let i = 0; i < parts.length; i += 2) {
        const pair = { low: parts[i] as Tensor, high: parts[i + 1] as Tensor }
        joined.push(joinAxis(pair, axis, wavelet, boundary))
      }
      parts = joined
    }
    x = parts[0] as Tensor
  }
  return x
}

/** The bands of every channel, each `[..., channels / count]`. */
function partsOf(x: Tensor, count: number): Tensor[] {
  const place = x.shape.slice(0, -1)
  const channels = (x.shape.at(-1) as number) / count
  const apart = reshape(x, [place.reduce((a, b) => a * b, 1), channels, count])
  const [places] = apart.shape as [number]
  return Array.from({ length: count }, (_, band) =>
    reshape(slice(apart, [0, 0, band], [places, channels, 1]), [...place, channels]),
  )
}

/** Analysis along one axis. */
function splitAxis(
  x: Tensor,
  axis: number,
  wavelet: WaveletName,
  boundary: WaveletBoundary,
): Bands {
  const { low, high } = analyse(reshape(x, around(x.shape, axis)), wavelet, boundary)
  const shape = x.shape.map((size, i) => (i === axis ? size / 2 : size))
  return { low: reshape(low, shape), high: reshape(high, shape) }
}

/** Synthesis along one axis. */
function joinAxis(
  { low, high }: Bands,
  axis: number,
  wavelet: WaveletName,
  boundary: WaveletBoundary,
): Tensor {
  const folded = around(low.shape, axis)
  const bands = { low: reshape(low, folded), high: reshape(high, folded) }
  const shape = low.shape.map((size, i) => (i === axis ? 2 * size : size))
  return reshape(synthesise(bands, wavelet, boundary), shape)
}

/** The axes before and behind `axis` in one each. */
function around(shape: readonly number[], axis: number): [number, number, number] {
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)
  return [product(shape.slice(0, axis)), shape[axis] as number, product(shape.slice(axis + 1))]
}

function settings(caller: string, options: WaveletPacketOptions): Required<WaveletPacketOptions> {
  const { wavelet = 'cdf97', levels = 1, boundary = 'periodic' } = options
  checkWavelet(caller, wavelet, boundary)
  checkCount(`${caller}: levels`, levels)
  return { wavelet, levels, boundary }
}

function checkAxes(caller: string, x: Tensor): void {
  check(
    x.rank === 3 || x.rank === 4,
    () =>
      `${caller}: a tensor of shape [${x.shape}] came, expected [batch, length, channels] or [batch, height, width, channels]`,
  )
}
