/**
 * A trained sparse autoencoder in the folder of its run.
 */
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs-core'
import { greaterEqual, min, relu, topk, where, zerosLike } from '@tensorflow/tfjs-core'
import { restore } from '@winnow/core'
import { exportOnnx } from '@winnow/graph'
import { SparseAutoencoder } from '@winnow/sae'
import { readRecord } from '../run/run-folder.ts'
import type { SavedRuns } from '../run/saved.ts'
import { saeKind } from './kind.ts'
import { readLanguageModel } from './language-model.ts'
import { measureSae, report } from './measure.ts'
import { testActivations } from './settings.ts'

export const savedSae: SavedRuns = {
  async evaluate(folder, { data }) {
    const { settings } = await readRecord(folder, saeKind)
    using sae = await restore(SparseAutoencoder, join(folder, 'model.safetensors'))
    using source = await readLanguageModel(settings.model)
    const { at } = settings
    const held = await testActivations(source, data ?? settings.data, at)
    const measures = await measureSae(sae, { source, at, ...held })
    return { measures, text: report(measures) }
  },

  async exportFiles(folder, options) {
    using sae = await restore(SparseAutoencoder, join(folder, 'model.safetensors'))
    const { inputs, latents } = sae.config
    const bytes = await exportOnnx(
      ({ x }) => {
        const { latents: own, preactivations, scale } = sae.encode(x as Tensor)
        const { kept } = sae.activation
        const code = kept === undefined ? own : strongest(preactivations, kept)
        return { latents: code, reconstruction: sae.decode(code, scale) }
      },
      { x: { shape: ['batch', inputs], dtype: 'float32' } },
      options,
    )
    const shapes = `x [batch, ${inputs}] -> latents [batch, ${latents}], reconstruction [batch, ${inputs}]`
    return [{ name: 'model.onnx', bytes, shapes }]
  },
}

/** TopK by its smallest value: putting values in their places, as the model does, is bound to one size of the batch. */
function strongest(preactivations: Tensor, k: number): Tensor {
  const least = min(topk(preactivations, k).values, 1, true)
  return where(greaterEqual(preactivations, least), relu(preactivations), zerosLike(preactivations))
}
