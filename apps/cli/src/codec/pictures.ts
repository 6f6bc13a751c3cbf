/**
 * The pictures of a codec's training: its curves, and what it makes of patches that it has not seen.
 */
import { dispose, tensor } from '@tensorflow/tfjs-core'
import type { LatentCodec } from '@winnow/compression'
import type { History } from '@winnow/core'
import { imageGrid, stackImages } from '../pictures/image-grid.ts'
import { lineChart } from '../pictures/line-chart.ts'
import { trainingCurve } from '../pictures/run-curves.ts'
import type { CodecData } from './settings.ts'

const COLUMNS = 6

/** PNG files by name. */
export async function codecPictures(
  model: LatentCodec,
  data: CodecData,
  history: History,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const [name, metric, yLabel] of [
    ['rate.png', 'bitsPerPixel', 'bits per pixel'],
    ['quality.png', 'psnr', 'PSNR, dB'],
  ] as const) {
    files.set(
      name,
      await lineChart({
        ...{ xLabel: 'step', yLabel },
        series: [trainingCurve(history, metric, { name: 'training patches' })],
      }),
    )
  }
  files.set('reconstructions.png', await reconstructions(model, data))
  return files
}

async function reconstructions(model: LatentCodec, { test }: CodecData): Promise<Uint8Array> {
  const count = Math.min(COLUMNS, test.length)
  const { inputs } = test.gather(
    Array.from({ length: count }, (_, i) => Math.floor((i * test.length) / count)),
  )
  const shape = [...inputs.shape]
  const x = tensor(inputs.data, shape)
  const rebuilt = model.reconstruct(x)
  const restored = { data: Float32Array.from(await rebuilt.data()), shape }
  dispose([x, rebuilt])
  const original = { data: inputs.data as Float32Array, shape }
  return imageGrid(stackImages(original, restored), {
    columns: count,
    labels: ['original', 'decoded'],
  })
}
