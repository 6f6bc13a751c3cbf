/**
 * A trained language model in the folder of its run.
 */
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs-core'
import { restore } from '@winnow/core'
import { exportOnnx } from '@winnow/graph'
import { LanguageModel } from '@winnow/lm'
import { tokenizerFrom } from '@winnow/text'
import { loadText } from '../data/text/load-text.ts'
import { readJson } from '../run/json.ts'
import { readRecord } from '../run/run-folder.ts'
import type { SavedRuns } from '../run/saved.ts'
import { lmKind, TOKENIZER } from './kind.ts'
import { measureLm, report } from './measure.ts'

export const savedLm: SavedRuns = {
  async evaluate(folder, { data }) {
    const { settings } = await readRecord(folder, lmKind)
    using model = await restore(LanguageModel, join(folder, 'model.safetensors'))
    const tokenizer = tokenizerFrom(await readJson(join(folder, TOKENIZER)))
    const texts = await loadText(data ?? settings.data)
    const measures = await measureLm(model, { texts, tokenizer })
    return { measures, text: report(measures) }
  },

  async exportFiles(folder, options) {
    using model = await restore(LanguageModel, join(folder, 'model.safetensors'))
    const { tokens, vocabulary } = model.config
    const bytes = await exportOnnx(
      ({ ids }) => ({ logits: model.run(ids as Tensor).logits }),
      { ids: { shape: ['batch', tokens], dtype: 'int32' } },
      options,
    )
    const shapes = `ids int32 [batch, ${tokens}] -> logits [batch, ${tokens}, ${vocabulary}]`
    return [{ name: 'model.onnx', bytes, shapes }]
  },
}
