/**
 * `npm run make -- RUN [PACKAGE]` (in this folder): makes what the package ships from a folder that `winnow train lm` wrote:
 * weights in float16, tokenizer, and the card, as `weights/card.json` and inside README.md. Each file is written beside and
 * renamed; none before all are made.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  check,
  parameterCount,
  restore,
  serialise,
  useBackend,
  writeFileAtomic,
} from '@winnow/core'
import { bitsPerByte, LanguageModel } from '@winnow/lm'
import { type Tokenizer, tokenizerFrom } from '@winnow/text'
import { commonCard, finishedRun, runMake, writeShipped } from '../../../scripts/shipped-model.ts'
import type { TinyModelCard } from '../src/index.ts'
import { cardText } from './card.ts'

type Test = TinyModelCard['test'] & { readonly samples: readonly string[] }

const TRIAL =
  'In the beginning God created the heaven and the earth. Fellow citizens of the Senate and of the House of ' +
  'Representatives: dog, domestic dog: a member of the genus Canis.'

/**
 * @param run the folder that `winnow train lm` wrote
 * @param folder the package's
 * @throws WinnowError when the run is not a finished one of a language model, or rounding changes what it says
 */
export async function makePackage(run: string, folder: string): Promise<TinyModelCard> {
  const record = finishedRun<Test>(run, 'lm')
  const tokenizerText = readFileSync(join(run, 'tokenizer.json'), 'utf8')
  const tokenizer = tokenizerFrom(JSON.parse(tokenizerText))
  using model = await restore(LanguageModel, join(run, 'model.safetensors'))
  const weights = await serialise(model, { precision: 'float16' })
  const beforeRounding = await nats(model, tokenizer)
  using rounded = await restore(LanguageModel, weights)
  const natsPerToken = await nats(rounded, tokenizer)
  check(
    Math.abs(natsPerToken - beforeRounding) < 0.01,
    () => `${run}: float16 changes ${beforeRounding} nats per token to ${natsPerToken}`,
  )
  const { bitsPerByte: bits, natsPerToken: testNats, bytes, nGram, gzip, samples } = record.test
  const card: TinyModelCard = {
    config: model.config,
    parameters: parameterCount(model),
    ...commonCard(record, weights),
    test: { bitsPerByte: bits, natsPerToken: testNats, bytes, nGram, gzip },
    samples,
    trial: { text: TRIAL, natsPerToken, beforeRounding },
  }
  const files = { 'model.safetensors': weights, 'tokenizer.json': tokenizerText }
  await writeShipped(folder, { weights: files, card, text: cardText(card) }, writeFileAtomic)
  return card
}

async function nats(model: LanguageModel, tokenizer: Tokenizer): Promise<number> {
  const { tokens } = model.config
  const { natsPerToken } = await bitsPerByte(model, tokenizer, TRIAL, { context: tokens, batch: 1 })
  return natsPerToken
}

await runMake(import.meta.url, async (run, folder) => {
  await useBackend()
  return await makePackage(run, folder)
})
