/**
 * A small variational autoencoder after a few updates: what the tests of a run's results begin with.
 */
import { adam, fit, type Run } from '@winnow/core'
import type { VAE } from '@winnow/vae'
import type { RunData } from '../run/kind.ts'
import type { VaeMeasures } from '../vae/measure.ts'
import { type VaeSettings, vaeData, vaeModel } from '../vae/settings.ts'

/** Figures of a run of which nothing else is of interest. */
export const someMeasures: VaeMeasures = {
  items: 10_000,
  elbo: -118.024,
  reconstruction: 92.3,
  kl: 25.724,
  activeUnits: 19,
  latent: 20,
  klPerDimension: [],
}

export interface TinyRun {
  readonly settings: VaeSettings
  readonly data: RunData
  readonly model: VAE
  readonly run: Run
}

/** Trains on the file at `path` for `steps` updates. */
export async function tinyRun(path: string, steps = 2): Promise<TinyRun> {
  const settings: VaeSettings = {
    data: path,
    batch: 8,
    latent: 2,
    hidden: [8],
    likelihood: 'bernoulli',
    binarise: 'random',
    beta: 1,
    warmup: 0,
    freeBits: 0,
    learningRate: 1e-3,
    seed: 1,
  }
  const data = await vaeData(settings)
  const model = vaeModel(settings, data.input)
  const optimizer = adam({ learningRate: 1e-3 })
  const run = await fit(model, data.training, { steps, optimizer, validation: data.validation })
  return { settings, data, model, run }
}
