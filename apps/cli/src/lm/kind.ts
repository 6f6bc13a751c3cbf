/**
 * What `winnow train lm` is.
 */
import { muon, warmupCosine } from '@winnow/core'
import type { LanguageModel } from '@winnow/lm'
import { type Fields, isAmount, isOneOf, isWhole, runFields } from '../run/json.ts'
import type { RunKind } from '../run/kind.ts'
import { type LmMeasures, measureLm, report, samplesText } from './measure.ts'
import { lmPictures } from './pictures.ts'
import { type LmData, type LmSettings, lmData, lmModel, POSITION_NAMES } from './settings.ts'
import { type BitsPoint, watchBits } from './watch.ts'

const fields: Fields<LmSettings> = {
  ...runFields,
  vocabulary: [isWhole(257)],
  context: [isWhole(1)],
  width: [isWhole(1)],
  depth: [isWhole(1)],
  heads: [isWhole(1)],
  positions: [isOneOf(...POSITION_NAMES)],
  dropout: [isAmount],
}

/** The tokenizer's file in the run's folder. */
export const TOKENIZER = 'tokenizer.json'

export const lmKind: RunKind<LmSettings, LanguageModel, LmMeasures, LmData> = {
  name: 'lm',
  title: 'language model',
  fields,
  metrics: ['loss'],
  minutes: 10,
  items: () => 'sequences',
  data: (settings) => lmData(settings),
  model: (settings, { tokenizer }) => lmModel(settings, tokenizer),
  // Betas, weight decay, clipping, and a cosine to zero after a short warm-up as GPT-3 (Brown et al., 2020); Muon for the
  // matrices: on all three texts after 80 updates of 1,024 tokens 5.9 nats, where AdamW alone came to 6.4.
  fitParts: ({ learningRate }, steps) => ({
    optimizer: muon({
      learningRate: warmupCosine({
        peak: learningRate,
        warmup: Math.min(200, Math.ceil(steps / 10)),
        steps,
      }),
      betas: [0.9, 0.95],
      weightDecay: 0.1,
      clipNorm: 1,
    }),
  }),
  watch: watchBits,
  measure: measureLm,
  report,
  pictures: (_, data, history, watched, measured) =>
    lmPictures(data, history, watched as readonly BitsPoint[] | undefined, measured),
  files: ({ tokenizer }, measured) => {
    const encoder = new TextEncoder()
    return new Map([
      [TOKENIZER, encoder.encode(`${JSON.stringify(tokenizer)}\n`)],
      ['samples.txt', encoder.encode(`${samplesText(measured)}\n`)],
    ])
  },
}
