/**
 * A stage of a retriever in the folder of its run.
 */
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs-core'
import { restore } from '@winnow/core'
import { exportOnnx } from '@winnow/graph'
import { RetrievalPretraining, Retriever } from '@winnow/retrieval'
import { tokenizerFrom } from '@winnow/text'
import { readJson } from '../run/json.ts'
import { readRecord } from '../run/run-folder.ts'
import type { SavedRuns } from '../run/saved.ts'
import { retrievalKind, type StageModel, TOKENIZER } from './kind.ts'
import { retrievalData } from './settings.ts'
import type { StageSettings } from './stage.ts'
import { measureStage, stageReport } from './stage-measure.ts'

async function modelIn(folder: string, { stage }: StageSettings): Promise<StageModel> {
  const path = join(folder, 'model.safetensors')
  const model =
    stage === 'tune' ? await restore(Retriever, path) : await restore(RetrievalPretraining, path)
  return model as unknown as StageModel
}

export const savedRetrieval: SavedRuns = {
  async evaluate(folder, { data }) {
    const { settings } = await readRecord(folder, retrievalKind)
    using model = await modelIn(folder, settings)
    const tokenizer = tokenizerFrom(await readJson(join(folder, TOKENIZER)))
    const context = model.config.encoder.tokens
    const wanted = { ...settings, context, data: data ?? settings.data }
    const measures = await measureStage(model, {
      retrieval: await retrievalData(wanted, tokenizer),
    })
    return { measures, text: stageReport(measures) }
  },

  async exportFiles(folder, options) {
    const { settings } = await readRecord(folder, retrievalKind)
    using model = await modelIn(folder, settings)
    const { tokens } = model.config.encoder
    const bytes = await exportOnnx(
      ({ ids }) => ({ ...model.represent(ids as Tensor) }) as Record<string, Tensor>,
      { ids: { shape: ['batch', tokens], dtype: 'int32' } },
      options,
    )
    const shapes = `ids int32 [batch, ${tokens}] -> dense [batch, width], and lexical [batch, vocabulary] where it has such`
    return [{ name: 'encoder.onnx', bytes, shapes }]
  },
}
