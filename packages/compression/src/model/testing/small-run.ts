/**
 * A few updates of a small codec, for comparing backends.
 */
import { Rng } from '@winnow/core'
import { HyperpriorCodec, type HyperpriorCodecConfig } from '../hyperprior-codec.ts'
import { train } from './small-codec.ts'

/** The losses of `steps` updates from fixed seeds. */
export async function smallRun(config: HyperpriorCodecConfig = {}, steps = 5): Promise<number[]> {
  using model = new HyperpriorCodec(
    { channels: 6, latents: 8, context: 'checkerboard', lambda: [0.005, 0.02], ...config },
    new Rng(3),
  )
  return await train(model, steps, 2)
}

/** The largest distance between two runs' losses, relative to the first's. */
export function largestDifference(one: readonly number[], other: readonly number[]): number {
  return one.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (other[i] ?? Number.NaN)) / value),
    0,
  )
}
