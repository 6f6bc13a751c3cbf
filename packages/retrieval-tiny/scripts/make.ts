/**
 * `npm run make -- RUN [PACKAGE]` (in this folder): makes what the package ships from a folder that
 * `winnow train retrieval --stage tune` wrote: weights in float16, tokenizer, and the card, as `weights/card.json` and inside
 * README.md. Each file is written beside and renamed; none before all are made.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  check,
  parameterCount,
  restore,
  serialise,
  useBackend,
  writeFileAtomic,
} from '@winnow/core'
import { Retriever } from '@winnow/retrieval'
import { commonCard, finishedRun, runMake, writeShipped } from '../../../scripts/shipped-model.ts'
import { type CardInterval, loadTinyRetriever, type TinySearchCard } from '../src/index.ts'
import { cardText } from './card.ts'

type Test = Readonly<Record<'model' | 'bm25' | 'fused', { readonly ndcg: CardInterval }>> & {
  readonly weight: number
}

const TRIAL = {
  query: 'a large animal that lives in the sea',
  texts: ['whale: a very large mammal of the ocean', 'tax: money that is paid to a government'],
}

/**
 * @param from the folder that `winnow train retrieval` wrote
 * @param folder the package's
 * @throws WinnowError when the run is not a finished one of fine-tuning, or rounding changes what it says
 */
export async function makePackage(from: string, folder: string): Promise<TinySearchCard> {
  const record = finishedRun<Test, { readonly stage: string }>(from, 'retrieval')
  const { settings, test } = record
  check(
    settings.stage === 'tune',
    () => `${from}: a run of stage '${settings.stage}', expected 'tune'`,
  )
  const path = join(from, 'model.safetensors')
  using model = await restore(Retriever, path)
  const weights = await serialise(model, { precision: 'float16' })
  const tokenizer = readFileSync(join(from, 'tokenizer.json'), 'utf8')
  const beforeRounding = await cosines(await serialise(model), tokenizer)
  const after = await cosines(weights, tokenizer)
  check(
    after.every((value, i) => Math.abs(value - (beforeRounding[i] as number)) < 0.01),
    () => `${path}: float16 changes cosines ${beforeRounding} to ${after}`,
  )
  const card: TinySearchCard = {
    config: model.config,
    parameters: parameterCount(model),
    ...commonCard(record, weights),
    test: { model: test.model.ndcg, bm25: test.bm25.ndcg, both: test.fused.ndcg },
    weight: test.weight,
    trial: { ...TRIAL, cosines: after, beforeRounding },
  }
  const files = { 'model.safetensors': weights, 'tokenizer.json': tokenizer }
  await writeShipped(folder, { weights: files, card, text: cardText(card) }, writeFileAtomic)
  return card
}

/** Of the trial's query and texts, by the package's own loader. */
async function cosines(weights: Uint8Array, tokenizer: string): Promise<readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-search-'))
  try {
    writeFileSync(join(folder, 'model.safetensors'), weights)
    writeFileSync(join(folder, 'tokenizer.json'), tokenizer)
    writeFileSync(join(folder, 'card.json'), '{"weight": 1}')
    using loaded = await loadTinyRetriever({ from: pathToFileURL(`${folder}/`) })
    const [query, ...texts] = await loaded.embed([TRIAL.query, ...TRIAL.texts], 'passage')
    return texts.map((other) =>
      Array.from(other).reduce((sum, x, i) => sum + x * (query?.[i] as number), 0),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

await runMake(import.meta.url, async (run, folder) => {
  await useBackend()
  return await makePackage(run, folder)
})
