/**
 * What `winnow train codec` is.
 */

import type { LatentCodec } from '@winnow/compression'
import { adam, chain, clipByGlobalNorm, warmupCosine } from '@winnow/core'
import { type Fields, isOneOf, isWhole, runFields } from '../run/json.ts'
import type { RunKind } from '../run/kind.ts'
import { type CodecMeasures, measureCodec, report } from './measure.ts'
import { codecPictures } from './pictures.ts'
import {
  CONTEXT_NAMES,
  type CodecData,
  type CodecSettings,
  codecData,
  codecModel,
  PRIOR_NAMES,
  START_NAMES,
} from './settings.ts'

const isLambdas = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((lambda) => Number.isFinite(lambda) && lambda > 0)

const fields: Fields<CodecSettings> = {
  ...runFields,
  prior: [isOneOf(...PRIOR_NAMES)],
  context: [isOneOf(...CONTEXT_NAMES)],
  start: [isOneOf(...START_NAMES), 'optional'],
  channels: [isWhole(1)],
  latents: [isWhole(1)],
  lambdas: [isLambdas],
  crop: [isWhole(1)],
  patches: [isWhole(1)],
  longest: [isWhole(1), 'optional'],
}

export const codecKind: RunKind<CodecSettings, LatentCodec, CodecMeasures, CodecData> = {
  name: 'codec',
  title: 'codec',
  fields,
  metrics: ['loss', 'bitsPerPixel', 'psnr'],
  minutes: 30,
  items: () => 'patches',
  data: (settings) => codecData(settings),
  model: (settings) => codecModel(settings),
  // Gradients of the rate are steep where a latent is improbable: their norm is bounded, as is usual.
  fitParts: ({ learningRate }, steps) => ({
    optimizer: chain(
      clipByGlobalNorm(1),
      adam({
        learningRate: warmupCosine({
          peak: learningRate,
          warmup: Math.ceil(steps / 50),
          steps,
        }),
      }),
    ),
  }),
  measure: measureCodec,
  report,
  pictures: (model, data, history) => codecPictures(model, data, history),
}
