/**
 * The tour's sparse autoencoder: what the activations of the language model that comes along are made of.
 */
import { type Tensor, tensor2d } from '@tensorflow/tfjs-core'
import { type ArrayDataset, adam, fit, parameterCount, Rng, warmupCosine } from '@winnow/core'
import { initialiseFromData, type SparseAutoencoder, topKSae } from '@winnow/sae'
import { number } from '../progress-bar.ts'
import { pcaContestant, principalDirections } from '../sae/contestants.ts'
import {
  checkPlace,
  type ReadModel,
  readLanguageModel,
  readStreams,
  SHIPPED,
  type Streams,
  textsOf,
} from '../sae/language-model.ts'
import { measureSae, type SaeMeasures } from '../sae/measure.ts'
import { heldActivations } from '../sae/settings.ts'
import type { Chapter, MeasureEntry } from './chapter.ts'
import { metricLine } from './images.ts'
import { shadedFeatures } from './shaded-features.ts'
import { shownCode } from './shown-code.ts'
import { fewer, type Learnt, type Stage, trainWithin, type Watch } from './stage.ts'

const AT = 'blocks.1'
const K = 16
const TRAINING_TOKENS = 131_072
const TEST_TOKENS = 8192
const LOOKED_AT_TOKENS = 16_384
const SAMPLE_ROWS = 4096
/** The part of the chapter's time in which the language model reads. */
const READING = 0.2

// Shown on the page: `activations` are [tokens, 256], of the language model after its second block.
async function learn(
  activations: ArrayDataset,
  sample: Tensor,
  steps: number,
  watch: Watch,
): Promise<Learnt<SparseAutoencoder>> {
  const sae = topKSae({ inputs: 256, latents: 1024, k: 16, deadAfter: 100_000 }, new Rng(7))
  await initialiseFromData(sae, sample) // bias, scale and encoder, from 4,096 tokens
  const run = await fit(sae, activations.shuffle().batch(1024), {
    steps,
    optimizer: adam({
      learningRate: warmupCosine({ peak: 2e-3, warmup: Math.ceil(steps / 20), steps }),
      epsilon: 6.25e-10,
      clipNorm: 1,
    }),
    ...watch, // the progress bar, and Ctrl-C
  })
  return { model: sae, run }
}
// End of what is shown.

export async function saeChapter(stage: Stage): Promise<Chapter> {
  const begun = stage.now()
  using source = await readLanguageModel(SHIPPED)
  const place = checkPlace(source.model, AT)
  const texts = await readStreams(await textsOf(SHIPPED), source.tokenizer)
  const { testIds, test, activations } = await readActivations(stage, source, texts)
  const width = activations.itemShape[0] as number
  const rows = rowsOf(activations, SAMPLE_ROWS)
  const sample = tensor2d(rows, [rows.length / width, width])
  const trained = await trainWithin(
    stage,
    begun,
    (steps, watch) => learn(activations, sample, steps, watch),
    { metrics: ['loss', 'dead'], items: 'tokens' },
  )
  using sae = trained.model
  const { run, trainingSeconds, note } = trained

  const measured = { source, at: AT, test, testIds }
  const ours = await measureSae(sae, measured)
  const known = ours.losses
  using pca = pcaContestant(principalDirections(rows, width), K).model
  const linear = await measureSae(pca, { ...measured, known })
  using untrained = topKSae({ inputs: width, latents: sae.config.latents, k: K }, new Rng(8))
  await initialiseFromData(untrained, sample)
  const random = await measureSae(untrained, { ...measured, known })
  sample.dispose()

  const ids = texts.sequences(
    'validation',
    source.model.config.tokens,
    fewer(stage, LOOKED_AT_TOKENS, 512),
  )
  const entries = (
    of: (measures: SaeMeasures) => number,
    text: (value: number) => string,
  ): MeasureEntry[] =>
    [
      { name: 'sparse autoencoder', value: of(ours), ours: true },
      { name: `PCA, ${K} components`, value: of(linear) },
      { name: 'random directions', value: of(random) },
    ].map((entry) => ({ ...entry, text: text(entry.value) }))
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
  return {
    title: 'Sparse autoencoder',
    lead:
      `A small language model read ${number(activations.length)} tokens of texts. What it holds in mind at each of them, ${width} numbers, was taken apart into ` +
      `${K} directions out of ${number(sae.config.latents)}: many of these turn out to mean something.`,
    facts: [
      ['data', `activations of @winnow/lm-tiny after block 2 on ${texts.name}`],
      [
        'model',
        `${number(parameterCount(sae))} parameters, TopK, ${K} of ${number(sae.config.latents)} on`,
      ],
      [
        'trained',
        `${number(run.steps)} updates of 1,024 tokens in ${trainingSeconds.toFixed(0)} s`,
      ],
    ],
    numbers: [
      {
        title: 'Variance explained',
        note: `by ${K} numbers a token, ${number(ours.rows)} tokens of other texts; higher is better`,
        entries: entries((measures) => measures.explainedVariance, percent),
      },
      {
        title: 'What the language model loses',
        note:
          `nats a token (${known.original.toFixed(2)} as it is) more, when it goes on with what was rebuilt; ` +
          `${(known.ablated - known.original).toFixed(2)} with zeros; lower is better`,
        entries: entries(
          ({ losses }) => losses.spliced - losses.original,
          (value) => value.toFixed(2),
        ),
      },
    ],
    pictures: [await shadedFeatures({ ...source, sae, at: place, ids })],
    curves: [
      {
        title: 'Training',
        yLabel: 'squared error / variance',
        lines: [
          metricLine(run.history, 'reconstruction', 'sparse autoencoder'),
          level(run.history.steps.at(-1)?.step ?? 1, linear, `PCA, ${K} components`),
        ],
      },
    ],
    code: await shownCode('sae'),
    seconds: stage.now() - begun,
    ...(note === undefined ? {} : { note }),
  }
}

function level(last: number, { explainedVariance }: SaeMeasures, name: string) {
  const error = 1 - explainedVariance
  return { name, x: [1, last], y: [error, error], level: true }
}

/** Those of test texts, which also tell how fast the model reads; and as many for training as fit. */
async function readActivations(
  stage: Stage,
  source: ReadModel,
  texts: Streams,
): Promise<{
  readonly testIds: Int32Array
  readonly test: ArrayDataset
  readonly activations: ArrayDataset
}> {
  const { tokens } = source.model.config
  const testIds = texts.sequences('test', tokens, fewer(stage, TEST_TOKENS, 512))
  const start = stage.now()
  const test = await heldActivations(source, testIds, AT)
  const each = (stage.now() - start) / test.length
  const most = Math.min(TRAINING_TOKENS, Math.floor((READING * stage.seconds) / each))
  const wanted = fewer(stage, Math.max(8192, most), 2048)
  stage.stream.write(`the language model reads ${number(wanted)} tokens\n`)
  const ids = texts.sequences('training', tokens, wanted)
  return { testIds, test, activations: await heldActivations(source, ids, AT) }
}

function rowsOf(activations: ArrayDataset, most: number): Float32Array {
  const count = Math.min(activations.length, most)
  const every = Math.floor(activations.length / count)
  const { inputs } = activations.gather(Array.from({ length: count }, (_, i) => i * every))
  return inputs.data as Float32Array
}
