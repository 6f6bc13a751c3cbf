/**
 * `npm run make -- RUN [PACKAGE]` (in this folder): makes what the package ships from a folder that `winnow train codec` wrote:
 * the weights as they are, for every bit of them decides what files say, and the card, as `weights/card.json` and inside README.md. Each file
 * is written beside and renamed; none before all are made.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HyperpriorCodec, restoreCodec } from '@winnow/compression'
import { check, parameterCount, useBackend, writeFileAtomic } from '@winnow/core'
import { commonCard, finishedRun, runMake, writeShipped } from '../../../scripts/shipped-model.ts'
import type { TinyCodecCard } from '../src/index.ts'
import { cardText } from './card.ts'

/**
 * @param run the folder that `winnow train codec` wrote
 * @param folder the package's
 * @throws WinnowError when the run is not a finished one of a codec with a hyperprior
 */
export async function makePackage(run: string, folder: string): Promise<TinyCodecCard> {
  const record = finishedRun<Pick<TinyCodecCard, 'pictures' | 'points'>>(run, 'codec')
  const weights = readFileSync(join(run, 'model.safetensors'))
  using model = await restoreCodec(weights, { name: run })
  check(
    model instanceof HyperpriorCodec,
    () => `${run}: ${model.name} came, expected HyperpriorCodec`,
  )
  const { test } = record
  const card: TinyCodecCard = {
    config: model.config,
    parameters: parameterCount(model),
    ...commonCard(record, weights),
    fingerprint: await model.fingerprint(),
    pictures: test.pictures,
    points: test.points.map(({ quality, bitsPerPixel, psnr, multiScaleSimilarity }) => ({
      ...{ quality, bitsPerPixel, psnr },
      ...(multiScaleSimilarity === undefined ? {} : { multiScaleSimilarity }),
    })),
  }
  const files = { 'model.safetensors': weights }
  await writeShipped(folder, { weights: files, card, text: cardText(card) }, writeFileAtomic)
  return card
}

await runMake(import.meta.url, async (run, folder) => {
  await useBackend()
  return await makePackage(run, folder)
})
