import { useBackend } from '@winnow/core'
import type { MAE } from '@winnow/mae'
import { expect, it } from 'vitest'
import { masked, trainContestant, untrained } from './contestants.ts'
import { featureQuality, measureMae } from './measure.ts'
import { type MaeSettings, maeData } from './settings.ts'

/** What `winnow train mae` begins with. */
const settings: MaeSettings = {
  data: 'mnist',
  batch: 128,
  learningRate: 2e-3,
  seed: 7,
  patch: 4,
  width: 64,
  depth: 4,
  heads: 4,
  decoderWidth: 48,
  decoderDepth: 2,
  mask: 'random',
  ratio: 0.75,
  target: 'normalisedPixels',
}

it('learns digits: far below the error of the mean, and features worth more than random ones', async () => {
  await useBackend()
  const data = await maeData(settings)
  const contestant = masked(settings, data, settings.ratio)
  await trainContestant(contestant, settings, data, { steps: 2500 })
  const { hiddenError, meanError, quality } = await measureMae(contestant.encoder as MAE, data)
  const items = { train: 10_000, test: 10_000 }
  const random = await featureQuality(untrained(settings, data).encoder, data, items)
  const found = `error ${hiddenError} of ${meanError}, probe ${quality?.linearProbe} of ${random.linearProbe}`
  expect(hiddenError / meanError, found).toBeLessThan(0.7)
  expect((quality?.linearProbe ?? 0) - random.linearProbe, found).toBeGreaterThan(0.05)
})
