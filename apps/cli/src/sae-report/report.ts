/**
 * The report of a sparse autoencoder's run: its features over a stretch of texts.
 */
import { join } from 'node:path'
import { restore } from '@winnow/core'
import { SparseAutoencoder } from '@winnow/sae'
import { number } from '../progress-bar.ts'
import { readRecord } from '../run/run-folder.ts'
import { saeKind } from '../sae/kind.ts'
import { checkPlace, readLanguageModel, readStreams } from '../sae/language-model.ts'
import { featureActivity } from './activity.ts'
import type { ReportData } from './data.ts'
import { featureDirections } from './directions.ts'

/** What a report is made of besides the run. */
export interface ReportOptions {
  /** The language model, as `--model` names it; where the run found it by default. */
  readonly model?: string
  /** Texts by name or path; those of the run by default. */
  readonly data?: string
  /** Tokens to look at, from the training part. */
  readonly tokens: number
}

/** Reads the run and looks through its features. */
export async function reportData(folder: string, options: ReportOptions): Promise<ReportData> {
  const { settings } = await readRecord(folder, saeKind)
  const { data = settings.data, model: place = settings.model, tokens } = options
  using sae = await restore(SparseAutoencoder, join(folder, 'model.safetensors'))
  using source = await readLanguageModel(place)
  const { model, tokenizer } = source
  const at = checkPlace(model, settings.at)
  const streams = await readStreams(data, tokenizer)
  const ids = streams.sequences('training', model.config.tokens, tokens)
  const activity = await featureActivity({ model, sae, at, ids })
  const directions = await featureDirections(model, sae, at)
  const features = activity.map((one, i) => ({
    ...one,
    ...(directions[i] as (typeof directions)[0]),
  }))
  const silent = features.filter(({ on }) => on === 0).length
  const total = features.reduce((sum, { on }) => sum + on, 0)
  const { kind, k, l1 } = settings
  return {
    title: `Features of ${streams.name} at ${at}`,
    facts: [
      ['features', number(features.length)],
      ['kind', kind === 'topk' ? `TopK, k ${k}` : `ReLU, L1 ${l1}`],
      ['tokens looked at', number(ids.length - 1)],
      ['on for a token', (total / (ids.length - 1)).toFixed(1)],
      ['never on', number(silent)],
    ],
    vocabulary: Array.from({ length: tokenizer.vocabulary }, (_, id) => tokenizer.text(id)),
    stream: Array.from(ids),
    features,
  }
}
