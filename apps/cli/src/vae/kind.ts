/**
 * What `winnow train vae` is.
 */
import { adam, linear, warmupCosine } from '@winnow/core'
import type { VAE } from '@winnow/vae'
import {
  type Field,
  type Fields,
  isAmount,
  isFlag,
  isOneOf,
  isWhole,
  runFields,
} from '../run/json.ts'
import type { RunKind } from '../run/kind.ts'
import { measureVae, report, type VaeMeasures } from './measure.ts'
import { vaePictures } from './pictures.ts'
import { LIKELIHOOD_NAMES, type VaeSettings, vaeData, vaeModel } from './settings.ts'

const hidden: Field = [(value) => Array.isArray(value) && value.every(isWhole(1)), 'optional']

const fields: Fields<VaeSettings> = {
  ...runFields,
  latent: [isWhole(1)],
  hidden,
  conv: [isFlag, 'optional'],
  likelihood: [isOneOf(...LIKELIHOOD_NAMES)],
  binarise: [isOneOf('random', 'none')],
  beta: [isAmount],
  warmup: [isWhole(0)],
  freeBits: [isAmount],
}

export const vaeKind: RunKind<VaeSettings, VAE, VaeMeasures> = {
  name: 'vae',
  title: 'VAE',
  fields,
  metrics: ['loss', 'reconstruction', 'kl'],
  minutes: 2,
  items: ({ input }) => (input.length === 3 ? 'images' : 'items'),
  data: vaeData,
  model: (settings, { input }) => vaeModel(settings, input),
  fitParts: ({ beta, warmup, learningRate }, steps) => ({
    optimizer: adam({
      learningRate: warmupCosine({
        peak: learningRate,
        warmup: Math.min(100, Math.ceil(steps / 10)),
        steps,
      }),
    }),
    ...(warmup > 0 ? { scalars: { beta: linear({ from: 0, to: beta, steps: warmup }) } } : {}),
  }),
  measure: (model, { test }) => measureVae(model, test),
  report,
  pictures: (model, { test }, history) => vaePictures(model, test, history),
}
