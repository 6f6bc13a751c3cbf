/**
 * A trained codec in the folder of its run.
 */
import { join } from 'node:path'
import type { Tensor } from '@tensorflow/tfjs-core'
import { WinnowError } from '@winnow/core'
import { exportOnnx } from '@winnow/graph'
import { readRecord } from '../run/run-folder.ts'
import type { SavedRuns } from '../run/saved.ts'
import { codecKind } from './kind.ts'
import { loadCodec } from './load-codec.ts'
import { codecPoints, report } from './measure.ts'
import { photoParts, readPhotos } from './photos.ts'

export const savedCodec: SavedRuns = {
  async evaluate(folder, { data: other }) {
    const { settings } = await readRecord(folder, codecKind)
    using model = await loadCodec(join(folder, 'model.safetensors'))
    const { test } = await photoParts(other ?? settings.data)
    const photos = await readPhotos(test, settings.longest)
    const measures = { pictures: photos.length, points: await codecPoints(model, photos) }
    return { measures, text: report(measures) }
  },

  async exportFiles(folder, options) {
    using model = await loadCodec(join(folder, 'model.safetensors'))
    const { imageChannels, stride, config } = model
    const side = 4 * stride
    const shape = ['batch', side, side, imageChannels] as const
    const latents = config.latents ?? 192
    try {
      const bytes = await exportOnnx(
        ({ x }) => ({ latents: model.analysis.forward(x as Tensor) }),
        { x: { shape } },
        options,
      )
      const shapes = `x [${shape.join(', ')}] -> latents [batch, ${side / 16}, ${side / 16}, ${latents}]`
      return [{ name: 'encoder.onnx', bytes, shapes }]
    } catch (cause) {
      throw new WinnowError(
        `${folder}: the codec's analysis cannot be written: ${(cause as Error).message}`,
        { cause },
      )
    }
  },
}
