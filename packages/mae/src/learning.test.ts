import { adamW, fit, Rng, useBackend } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { MAE } from './mae.ts'
import { stripes } from './testing/images.ts'
import { smallConfig } from './testing/small-run.ts'

describe('a masked autoencoder', () => {
  it('learns: hidden stripes are told from visible ones, far better than by their mean', async () => {
    await useBackend('onnx')
    using model = new MAE(
      {
        ...smallConfig,
        target: 'pixels',
        encoder: { features: 32, depth: 2, heads: 4 },
        decoder: { features: 16, depth: 1, heads: 2 },
      },
      new Rng(1),
    )
    const run = await fit(model, stripes(1024), {
      steps: 400,
      batch: 32,
      optimizer: adamW({ learningRate: 3e-3, betas: [0.9, 0.95] }),
    })
    const losses = run.history.steps.map(({ metrics }) => metrics['loss'] ?? Number.NaN)
    const last = losses.slice(-20).reduce((sum, loss) => sum + loss / 20, 0)
    // Predicting the mean costs the variance of a wave, 1/8.
    expect(losses[0]).toBeGreaterThan(0.12)
    expect(last).toBeLessThan(0.04)
  })
})
