/**
 * What `winnow train sae` is.
 */
import { adam, warmupCosine } from '@winnow/core'
import type { SparseAutoencoder } from '@winnow/sae'
import { type Fields, isAmount, isOneOf, isText, isWhole, runFields } from '../run/json.ts'
import type { RunKind } from '../run/kind.ts'
import { readLanguageModel } from './language-model.ts'
import { measureSae, report, type SaeMeasures } from './measure.ts'
import { saePictures } from './pictures.ts'
import {
  beginSae,
  SAE_KINDS,
  type SaeData,
  type SaeSettings,
  saeData,
  saeModel,
} from './settings.ts'

const fields: Fields<SaeSettings> = {
  ...runFields,
  model: [isText],
  at: [isText],
  kind: [isOneOf(...SAE_KINDS)],
  latents: [isWhole(1)],
  k: [isWhole(1)],
  l1: [isAmount],
  tokens: [isWhole(1)],
  deadAfter: [isWhole(1)],
}

export const saeKind: RunKind<SaeSettings, SparseAutoencoder, SaeMeasures, SaeData> = {
  name: 'sae',
  title: 'sparse autoencoder',
  fields,
  metrics: ['loss', 'l0', 'dead'],
  minutes: 5,
  items: () => 'tokens',
  data: saeData,
  model: saeModel,
  begin: beginSae,
  // Gao et al., 2024: a small epsilon, for gradients of rare latents are small.
  fitParts: ({ learningRate }, steps) => ({
    optimizer: adam({
      learningRate: warmupCosine({
        peak: learningRate,
        warmup: Math.min(200, Math.ceil(steps / 10)),
        steps,
      }),
      epsilon: 6.25e-10,
      clipNorm: 1,
    }),
  }),
  async measure(sae, { settings, test, testIds }) {
    using source = await readLanguageModel(settings.model)
    return await measureSae(sae, { source, at: settings.at, test, testIds })
  },
  report,
  pictures: (_, __, history) => saePictures(history),
}
