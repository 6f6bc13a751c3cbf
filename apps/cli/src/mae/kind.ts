/**
 * What `winnow train mae` is.
 */
import { adamW, warmupCosine } from '@winnow/core'
import type { MAE } from '@winnow/mae'
import { type Fields, isAmount, isFlag, isOneOf, isWhole, runFields } from '../run/json.ts'
import type { RunKind } from '../run/kind.ts'
import { type MaeMeasures, measureMae, report } from './measure.ts'
import { maePictures } from './pictures.ts'
import {
  MASK_NAMES,
  type MaeData,
  type MaeSettings,
  maeData,
  maeModel,
  TARGET_NAMES,
} from './settings.ts'
import { type ProbePoint, watchFeatures } from './watch.ts'

const fields: Fields<MaeSettings> = {
  ...runFields,
  patch: [isWhole(1)],
  width: [isWhole(1)],
  depth: [isWhole(1)],
  heads: [isWhole(1)],
  decoderWidth: [isWhole(1)],
  decoderDepth: [isWhole(1)],
  mask: [isOneOf(...MASK_NAMES)],
  ratio: [isAmount],
  target: [isOneOf(...TARGET_NAMES)],
  flip: [isFlag, 'optional'],
  crop: [isFlag, 'optional'],
  probe: [isWhole(0), 'optional'],
}

export const maeKind: RunKind<MaeSettings, MAE, MaeMeasures, MaeData> = {
  name: 'mae',
  title: 'masked autoencoder',
  fields,
  metrics: ['loss'],
  minutes: 3,
  items: () => 'images',
  data: (settings) => maeData(settings),
  model: (settings, { input }) => maeModel(settings, input),
  // The paper's recipe: betas, weight decay, warm-up over a twentieth of the run, then a cosine to zero.
  fitParts: ({ learningRate }, steps) => ({
    optimizer: adamW({
      learningRate: warmupCosine({ peak: learningRate, warmup: Math.ceil(steps / 20), steps }),
      betas: [0.9, 0.95],
      weightDecay: 0.05,
    }),
  }),
  watch: watchFeatures,
  measure: measureMae,
  report,
  pictures: (model, data, history, watched) =>
    maePictures(model, data, history, watched as readonly ProbePoint[] | undefined),
}
