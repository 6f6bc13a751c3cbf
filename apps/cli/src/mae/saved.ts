/**
 * A trained masked autoencoder in the folder of its run.
 */
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs-core'
import { restore } from '@winnow/core'
import { exportOnnx } from '@winnow/graph'
import { MAE } from '@winnow/mae'
import { readRecord } from '../run/run-folder.ts'
import type { SavedRuns } from '../run/saved.ts'
import { maeKind } from './kind.ts'
import { measureMae, report } from './measure.ts'
import { maeData } from './settings.ts'

export const savedMae: SavedRuns = {
  async evaluate(folder, { data: other }) {
    const { settings, normalisation } = await readRecord(folder, maeKind)
    using model = await restore(MAE, join(folder, 'model.safetensors'))
    const data = await maeData(
      other === undefined ? settings : { ...settings, data: other },
      normalisation,
    )
    const measures = await measureMae(model, data)
    return { measures, text: report(measures) }
  },

  async exportFiles(folder, options) {
    using model = await restore(MAE, join(folder, 'model.safetensors'))
    const { image, encoder } = model.config
    const bytes = await exportOnnx(
      ({ x }) => ({ features: model.features(x as Tensor) }),
      { x: { shape: ['batch', ...image] } },
      options,
    )
    const shapes = `x [batch, ${image.join(', ')}] -> features [batch, ${encoder.features}]`
    return [{ name: 'encoder.onnx', bytes, shapes }]
  },
}
