/**
 * The pictures of a masked autoencoder: what it saw, what it made of that, what there was; and the curves.
 */
import { dispose, tensor } from '@tensorflow/tfjs-core'
import { type ArrayDataset, type History, type Normalisation, Rng } from '@winnow/core'
import type { MAE } from '@winnow/mae'
import { type Mask, maskImage } from '@winnow/masking'
import { type Images, imageGrid, stackImages } from '../pictures/image-grid.ts'
import { lineChart } from '../pictures/line-chart.ts'
import { trainingCurve, validationCurve } from '../pictures/run-curves.ts'
import type { MaeData } from './settings.ts'
import type { ProbePoint } from './watch.ts'

const COLUMNS = 12
const ROWS = 3

/** PNG files by name. */
export async function maePictures(
  model: MAE,
  data: MaeData,
  history: History,
  probes: readonly ProbePoint[] | undefined,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  files.set('curves.png', await lossCurve(history))
  if (probes !== undefined && probes.length > 1) files.set('probe.png', await probeCurve(probes))
  files.set('reconstructions.png', await reconstructions(model, data.test, data.normalisation))
  return files
}

/** Rows of three: with patches hidden, rebuilt, original. */
async function reconstructions(
  model: MAE,
  test: ArrayDataset,
  normalisation: Normalisation,
): Promise<Uint8Array> {
  const count = Math.min(COLUMNS * ROWS, test.length)
  // Spread over the data, which may lie class by class.
  const { inputs } = test.gather(
    Array.from({ length: count }, (_, i) => Math.floor((i * test.length) / count)),
  )
  const x = tensor(inputs.data, [...inputs.shape])
  const rebuilt = model.reconstruct(x, { rng: new Rng(3) })
  const mask = model.drawMask(count, new Rng(3))
  const shape = [...inputs.shape]
  const original: Images = { data: normalisation.undoToBytes(inputs.data as Float32Array), shape }
  const restored: Images = {
    data: normalisation.undoToBytes((await rebuilt.data()) as Float32Array),
    shape,
  }
  const hidden = await maskedImages(mask, model.grid, original)
  dispose([x, rebuilt, mask.order, mask.restore])
  const lines: Images[] = []
  for (let start = 0; start < count; start += COLUMNS) {
    for (const images of [hidden, restored, original]) lines.push(rowOf(images, start, COLUMNS))
  }
  const labels = lines.map((_, i) => ['seen', 'rebuilt', 'original'][i % 3] as string)
  return imageGrid(stackImages(...lines), { columns: Math.min(COLUMNS, count), labels })
}

/** What the encoder sees of each image. */
async function maskedImages(mask: Mask, grid: readonly number[], images: Images): Promise<Images> {
  const [count = 0, ...item] = images.shape
  const size = images.data.length / count
  const data = new Uint8Array(images.data.length)
  for (let example = 0; example < count; example++) {
    const image = {
      data: images.data.slice(example * size, (example + 1) * size),
      shape: item,
    }
    const picture = await maskImage(mask, grid, { image, example })
    data.set(picture.data as Uint8Array, example * size)
  }
  return { data, shape: images.shape }
}

function rowOf({ data, shape }: Images, start: number, columns: number): Images {
  const [count = 0, ...item] = shape
  const size = data.length / count
  const end = Math.min(start + columns, count)
  return { data: data.slice(start * size, end * size), shape: [end - start, ...item] }
}

async function lossCurve(history: History): Promise<Uint8Array> {
  return await lineChart({
    title: 'Error on hidden patches',
    xLabel: 'step',
    yLabel: 'mean square error',
    series: [
      trainingCurve(history, 'loss', { name: 'training' }),
      ...validationCurve(history, 'loss', { name: 'validation' }),
    ],
  })
}

async function probeCurve(probes: readonly ProbePoint[]): Promise<Uint8Array> {
  const x = probes.map(({ step }) => step)
  return await lineChart({
    title: 'What the features are worth',
    xLabel: 'step',
    yLabel: '% right',
    series: [
      { name: 'linear probe', x, y: probes.map(({ linearProbe }) => 100 * linearProbe) },
      {
        name: 'nearest neighbours',
        x,
        y: probes.map(({ nearestNeighbours }) => 100 * nearestNeighbours),
      },
    ],
  })
}
