/**
 * The pictures of a variational autoencoder: what it rebuilds, what it makes up, and what lies between.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { concat, dispose, div, slice, sub, tensor, tidy } from '@tensorflow/tfjs-core'
import { type ArrayDataset, type History, Rng } from '@winnow/core'
import { interpolate, type VAE } from '@winnow/vae'
import { type Images, imageGrid, stackImages } from '../pictures/image-grid.ts'
import { lineChart } from '../pictures/line-chart.ts'
import { trainingCurve, validationCurve } from '../pictures/run-curves.ts'

const COLUMNS = 16
const WALKS = 8

/** PNG files by name, for models of images `[height, width, channels]` with values in [0, 1]; curves for all. */
export async function vaePictures(
  model: VAE,
  test: ArrayDataset,
  history: History,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map([['curves.png', await curves(history)]])
  if (model.config.input.length !== 3) return files
  const count = Math.min(2 * COLUMNS, test.length)
  const { inputs } = test.gather(Array.from({ length: count }, (_, i) => i))
  const x = tensor(inputs.data, [...inputs.shape])
  const originals = await toImages(model, () => x)
  const rebuilt = await toImages(model, () => model.reconstruct(x))
  const samples = await toImages(model, () => model.sample(COLUMNS * WALKS, new Rng(11)))
  const walk = await toImages(model, () => latentWalk(model, x))
  dispose(x)
  const pairs = stackImages(...rows(originals, rebuilt))
  files.set('reconstructions.png', await imageGrid(pairs, { columns: COLUMNS, scale: 2 }))
  files.set('samples.png', await imageGrid(samples, { columns: COLUMNS, scale: 2 }))
  files.set('latent-walk.png', await imageGrid(walk, { columns: COLUMNS, scale: 2 }))
  return files
}

/** Straight lines between the codes of neighbouring test images, one a row: `[WALKS * COLUMNS, ...input]`. */
function latentWalk(model: VAE, x: Tensor): Tensor {
  const codes = model.features(x)
  const latent = model.config.latent
  const count = codes.shape[0] as number
  const code = (i: number): Tensor => slice(codes, [i % count, 0], [1, latent])
  const lines = Array.from({ length: WALKS }, (_, row) =>
    interpolate(code(row), code(row + 1), COLUMNS),
  )
  return model.choices.likelihood.mean(model.decode(concat(lines, 0)))
}

/** What `make` returns, on the host, its values brought from the likelihood's range to [0, 1]. */
async function toImages(model: VAE, make: () => Tensor): Promise<Images> {
  const { range: values } = model.choices.likelihood
  const [low, high] = values === 'real' ? [0, 1] : values
  const scaled = tidy(() => div(sub(make(), low), high - low))
  const data = (await scaled.data()) as Float32Array
  dispose(scaled)
  return { data, shape: scaled.shape }
}

/** Alternate rows of originals and what was rebuilt of them. */
function rows(originals: Images, rebuilt: Images): Images[] {
  const [count = 0, ...item] = originals.shape
  const size = item.reduce((a, b) => a * b, 1)
  const parts: Images[] = []
  for (let start = 0; start < count; start += COLUMNS) {
    const end = Math.min(start + COLUMNS, count)
    for (const { data } of [originals, rebuilt]) {
      parts.push({ data: data.slice(start * size, end * size), shape: [end - start, ...item] })
    }
  }
  return parts
}

/** Loss terms over the run: every update, and the test data after each epoch. */
async function curves(history: History): Promise<Uint8Array> {
  const negative = (elbo: number): number => -elbo
  return await lineChart({
    title: 'Training',
    xLabel: 'step',
    yLabel: 'nats per item',
    series: [
      ...['reconstruction', 'kl'].map((name) => trainingCurve(history, name, { name })),
      trainingCurve(history, 'elbo', { name: 'negative ELBO', value: negative }),
      ...validationCurve(history, 'elbo', { name: 'negative ELBO, validation', value: negative }),
    ],
  })
}
