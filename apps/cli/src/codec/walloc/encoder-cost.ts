/**
 * What encoding costs: WaLLoC's, and that of a convolutional codec (Balle et al. 2018) as it usually is.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { HyperpriorCodec, Walloc } from '@winnow/compression'
import { compile, Rng } from '@winnow/core'

/** Of encoding colour pictures. */
export interface EncoderCost {
  readonly name: string
  /** For one pixel. */
  readonly multiplications: number
  readonly secondsPerMegapixel: number
}

const SIDE = 256
const BATCH = 4
const ROUNDS = 5
const LEVELS = 4
const LATENT = 48
const CHANNELS = 128
const LATENTS = 192

/** Taps of both filters of CDF 9/7, of which each sample meets the mean, along two axes. */
const WAVELET_TAPS = 9 + 7

/** Measures both by turns, on the backend in use: medians. */
export async function encoderCosts(): Promise<readonly EncoderCost[]> {
  using walloc = new Walloc({ levels: LEVELS, latent: LATENT, decoder: 'linear' }, new Rng(1))
  using codec = new HyperpriorCodec({ channels: CHANNELS, latents: LATENTS }, new Rng(1))
  const x = new Rng(2).uniform([BATCH, SIDE, SIDE, 3])
  using linear = compile((images: Tensor) => walloc.encode(images), { modules: [walloc] })
  using deep = compile((images: Tensor) => codec.encode(images), { modules: [codec] })
  const both = [linear, deep] as const
  const times = both.map((): number[] => [])
  // The first round is not counted: it compiles.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, encode] of both.entries()) {
      const start = performance.now()
      const codes = await encode(x)
      await codes.data()
      const seconds = (performance.now() - start) / 1000
      codes.dispose()
      if (round > 0) times[i]?.push((seconds / (BATCH * SIDE * SIDE)) * 1e6)
    }
  }
  x.dispose()
  const median = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[values.length >> 1] as number
  return [
    {
      name: `WaLLoC, ${LEVELS} levels, ${LATENT} latents`,
      multiplications: 3 * LEVELS * WAVELET_TAPS + 3 * LATENT,
      secondsPerMegapixel: median(times[0] as number[]),
    },
    {
      name: `four convolutions of ${CHANNELS} channels, ${LATENTS} latents`,
      multiplications: convolutional(),
      secondsPerMegapixel: median(times[1] as number[]),
    },
  ]
}

/** Four convolutions of 5 x 5 that halve the map, and normalisation over all channels after each but the last. */
function convolutional(): number {
  const sizes = [3, CHANNELS, CHANNELS, CHANNELS, LATENTS]
  return sizes.slice(1).reduce((sum, outputs, i) => {
    const inputs = sizes[i] as number
    const norm = i < 3 ? outputs ** 2 : 0
    return sum + (25 * inputs * outputs + norm) / 4 ** (i + 1)
  }, 0)
}
