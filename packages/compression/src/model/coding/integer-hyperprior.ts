/**
 * The decoder's half of a hyperprior in whole numbers: tables of the summary, and integer networks that tell the mean and the
 * table of every latent, the same on every machine.
 *
 * Means are whole multiples of 1/32, and scales come as the number of their table.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { Module } from '@winnow/core'
import type { Conv2d } from '@winnow/layers'
import { gaussianScales } from '../../entropy-coding/gaussian-tables.ts'
import { FIRST_LOG_SCALE, SCALE_STEP } from '../../entropy-model/gaussian-conditional.ts'
import { IntegerNetwork } from '../../integer/integer-network.ts'
import { type CodingStep, seenBy } from '../coding-order.ts'
import type { HyperDecoder, ParameterHead } from '../hyperprior.ts'
import { StoredTables } from './stored-tables.ts'

/** Whole numbers of the summary and of features reach so far. */
const REACH = 255
/** What 1 stands for in means, in latents as networks see them, and in the numbers of tables. */
const MEAN_STEP = 1 / 32
const LATENT_STEP = 1 / 4
/** Means reach to 2^20 / 32. */
const MOST = 2 ** 20
/** Values of the summary with an entry of their own. */
const ENTRIES = 64

/** Sizes of {@link IntegerHyperprior}. */
export interface IntegerHyperpriorSizes {
  /** Channels of the summary and of the features. */
  readonly channels: number
  readonly steps: readonly CodingStep[]
}

/** Trained parts, and what they are tried on. */
export interface TrainedHyperprior {
  readonly decoder: HyperDecoder
  readonly heads: readonly ParameterHead[]
  /** The middles of the summary's densities, `[channels]`. */
  readonly medians: Tensor
  /** Whole steps of the summary from its medians, `[n, h / 4, w / 4, channels]`. */
  readonly summary: Tensor
  /** Latents of each step as the decoder has them, `[n, h, w, channels of the step]`. */
  readonly parts: readonly Tensor[]
}

/** Means and tables of latents, of one shape. */
export interface Foretold {
  readonly means: Tensor
  /** float32 whole numbers from 0 to 63. */
  readonly indices: Tensor
}

/** Slots: `tables`, `decoder` and `heads.N`, all States. */
export class IntegerHyperprior extends Module {
  readonly tables: StoredTables
  readonly decoder: IntegerNetwork
  readonly heads: readonly IntegerNetwork[]

  constructor({ channels, steps }: IntegerHyperpriorSizes) {
    super()
    this.tables = new StoredTables(channels, ENTRIES)
    this.decoder = new IntegerNetwork({
      input: { channels, low: -REACH, high: REACH },
      layers: [
        { kind: 'conv', outputs: 4 * channels, kernel: 1 },
        { kind: 'depthToSpace', block: 2 },
        { kind: 'conv', outputs: 4 * channels, kernel: 3 },
        { kind: 'depthToSpace', block: 2 },
      ],
    })
    this.heads = steps.map(
      ({ known, channels: outputs }) =>
        new IntegerNetwork({
          input: { channels: channels + known, low: known === 0 ? 0 : -REACH, high: REACH },
          layers: [
            { kind: 'conv', outputs: channels, kernel: 3 },
            { kind: 'conv', outputs: 2 * outputs, kernel: 1, low: -MOST, high: MOST },
          ],
        }),
    )
  }

  /** Whole steps of the summary `[batch, h / 4, w / 4, channels]` to whole-number features `[batch, h, w, channels]`. */
  features(summary: Tensor): Tensor {
    return this.decoder.forward(summary)
  }

  /** What is known of a step's latents from features and the parts of earlier steps. */
  foretell(at: number, step: CodingStep, features: Tensor, parts: readonly Tensor[]): Foretold {
    const known = parts.map((part) => tf.mul(part, 1 / LATENT_STEP))
    const head = this.heads[at] as IntegerNetwork
    const [means, indices] = tf.split(head.forward(seenBy(step, features, known)), 2, 3) as [
      Tensor,
      Tensor,
    ]
    return {
      means: tf.mul(means, MEAN_STEP),
      indices: tf.clipByValue(indices, 0, gaussianScales.length - 1),
    }
  }

  /** Takes over trained layers, as whole numbers. */
  async quantise(trained: TrainedHyperprior, steps: readonly CodingStep[]): Promise<void> {
    const { decoder, heads, medians, summary, parts } = trained
    const [first, second] = decoder.convolutions
    // The first layer gets steps from the medians: what the medians add goes into its bias.
    const bias = tf.tidy(() => {
      const [inputs, outputs] = first.weight.shape.slice(2) as [number, number]
      const matrix = tf.reshape(first.weight.value, [inputs, outputs])
      const row = tf.reshape(medians, [1, inputs])
      return tf.add(biasOf(first), tf.reshape(tf.matMul(row, matrix as tf.Tensor2D), [outputs]))
    })
    const featureSteps = await largest(
      tf.tidy(() => decoder.forward(tf.add(summary, medians))),
      REACH,
    )
    await this.decoder.quantise([{ weight: first.weight, bias }, second], {
      calibration: summary,
      inputStep: 1,
      outputStep: [featureSteps, featureSteps, featureSteps, featureSteps].flat(),
    })
    bias.dispose()
    const features = tf.tidy(() => this.features(summary))
    for (const [at, step] of steps.entries()) {
      const { widen, narrow } = {
        widen: heads[at]?.convolutions[0],
        narrow: heads[at]?.convolutions[1],
      }
      // Numbers of tables instead of logarithms of scales.
      const shifted = tf.tidy(() => {
        const shift = new Array<number>(2 * step.channels)
          .fill(0)
          .fill(-FIRST_LOG_SCALE, step.channels)
        return tf.add(biasOf(narrow as Conv2d), shift)
      })
      const calibration = tf.tidy(() => {
        const known = parts.slice(0, at).map((part) => tf.div(part, LATENT_STEP))
        return tf.clipByValue(tf.round(seenBy(step, features, known)), -REACH, REACH)
      })
      await (this.heads[at] as IntegerNetwork).quantise(
        [widen as Conv2d, { weight: (narrow as Conv2d).weight, bias: shifted }],
        {
          calibration,
          inputStep: [...featureSteps, ...new Array<number>(step.known).fill(LATENT_STEP)],
          outputStep: [
            ...new Array<number>(step.channels).fill(MEAN_STEP),
            ...new Array<number>(step.channels).fill(SCALE_STEP),
          ],
        },
      )
      tf.dispose([shifted, calibration])
    }
    features.dispose()
  }
}

function biasOf(layer: Conv2d): Tensor {
  return layer.bias?.value ?? tf.zeros([layer.config.outputs])
}

/** What 1 stands for in each channel, if its largest value is to be `most`; a channel of zeros is taken to be a usual one. */
async function largest(x: Tensor, most: number): Promise<number[]> {
  const found = tf.tidy(() => tf.max(x, [0, 1, 2]))
  const maxima = Array.from(await found.data())
  tf.dispose([x, found])
  const live = maxima.filter((value) => value > 0)
  const usual = live.length === 0 ? 1 : live.reduce((sum, value) => sum + value, 0) / live.length
  return maxima.map((value) => (value > 0 ? value : usual) / most)
}
