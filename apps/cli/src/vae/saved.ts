/**
 * A trained VAE in the folder of its run.
 */
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs-core'
import { restore } from '@winnow/core'
import { exportOnnx } from '@winnow/graph'
import { VAE } from '@winnow/vae'
import { loadData } from '../data/load-data.ts'
import { readRecord } from '../run/run-folder.ts'
import type { SavedRuns } from '../run/saved.ts'
import { vaeKind } from './kind.ts'
import { measureLogLikelihood, measureVae, report } from './measure.ts'
import { testData } from './settings.ts'

export const savedVae: SavedRuns = {
  async evaluate(folder, { data, samples, items }) {
    const record = await readRecord(folder, vaeKind)
    using model = await restore(VAE, join(folder, 'model.safetensors'))
    const { size } = record.settings
    const loaded = await loadData(data ?? record.settings.data, {
      split: 'test',
      ...(size === undefined ? {} : { size }),
    })
    const test = testData(loaded, record.settings, record.normalisation)
    const measured = await measureVae(model, test)
    const estimate = samples > 0 && (await measureLogLikelihood(model, test, { samples, items }))
    const measures = estimate ? { ...measured, logLikelihood: estimate } : measured
    return { measures, text: report(measures) }
  },

  async exportFiles(folder, options) {
    using model = await restore(VAE, join(folder, 'model.safetensors'))
    const { input, latent } = model.config
    const encoder = await exportOnnx(
      ({ x }) => ({ mean: model.features(x as Tensor) }),
      { x: { shape: ['batch', ...input] } },
      options,
    )
    const decoder = await exportOnnx(
      ({ z }) => ({ x: model.choices.likelihood.mean(model.decode(z as Tensor)) }),
      { z: { shape: ['batch', latent] } },
      options,
    )
    const image = input.join(', ')
    return [
      {
        name: 'encoder.onnx',
        bytes: encoder,
        shapes: `x [batch, ${image}] -> mean [batch, ${latent}]`,
      },
      {
        name: 'decoder.onnx',
        bytes: decoder,
        shapes: `z [batch, ${latent}] -> x [batch, ${image}]`,
      },
    ]
  },
}
