/**
 * A few updates of a small masked autoencoder, for comparing backends.
 */
import { adamW, fit, Rng } from '@winnow/core'
import { MAE, type MAEConfig } from '../mae.ts'
import { stripes } from './images.ts'

export const smallConfig: MAEConfig = {
  image: [8, 8, 1],
  patch: 2,
  encoder: { features: 16, depth: 1, heads: 2 },
  decoder: { features: 8, depth: 1, heads: 2 },
}

/** The losses of `steps` updates from fixed seeds. */
export async function smallRun(steps = 10): Promise<number[]> {
  using model = new MAE(smallConfig, new Rng(3))
  const run = await fit(model, stripes(32), {
    steps,
    batch: 8,
    seed: 5,
    optimizer: adamW({ learningRate: 3e-3 }),
  })
  return run.history.steps.map(({ metrics }) => metrics['loss'] ?? Number.NaN)
}

/** The largest distance between two runs' losses, relative to the first's. */
export function largestDifference(one: readonly number[], other: readonly number[]): number {
  return one.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (other[i] ?? Number.NaN)) / value),
    0,
  )
}
