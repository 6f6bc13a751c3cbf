/**
 * What `winnow compare mae` trains: one encoder in several ways, for as many updates each.
 */

import { reshape } from '@tensorflow/tfjs-core'
import {
  adamW,
  Classifier,
  chain,
  copyInto,
  type FeatureModel,
  type FitCallbacks,
  fit,
  layerwiseDecay,
  Module,
  not,
  type Optimizer,
  only,
  Rng,
  type Selector,
  type Trainable,
  warmupCosine,
} from '@winnow/core'
import { MAE } from '@winnow/mae'
import { type MaeData, type MaeSettings, maeConfig } from './settings.ts'

/** A way of training the encoder. */
export interface Contestant {
  readonly name: string
  /** What `fit` trains; nothing where the encoder is left as it is. */
  readonly objective: Trainable | undefined
  /** Whose features are measured. */
  readonly encoder: FeatureModel
  /** The classifier, where it is one that is trained. */
  readonly classifier?: Classifier<MAE>
  /** What of it trains; all by default. */
  readonly train?: Selector
  /** What comes after the optimiser. */
  readonly stages?: readonly Optimizer[]
  /** Share of the patches that the encoder does not see in training. */
  readonly ratio: number
}

/** The ratios of the curve. */
export const RATIOS: readonly number[] = [0.25, 0.5, 0.75, 0.9]

/** The masked autoencoder at a ratio. */
export function masked(settings: MaeSettings, data: MaeData, ratio: number): Contestant {
  const model = new MAE(maeConfig({ ...settings, ratio }, data.input), new Rng(settings.seed))
  return {
    name: `masked autoencoder, ${percent(ratio)} hidden`,
    objective: model,
    encoder: model,
    ratio,
  }
}

/** The same encoder and decoder with nothing hidden: every patch is seen and rebuilt. */
export function plain(settings: MaeSettings, data: MaeData): Contestant {
  const config = maeConfig({ ...settings, mask: 'random', ratio: 0 }, data.input)
  const model = new MAE({ ...config, lossOn: 'all' }, new Rng(settings.seed))
  return { name: 'plain autoencoder, nothing hidden', objective: model, encoder: model, ratio: 0 }
}

/** The same encoder trained with labels, from its first values. */
export function supervised(settings: MaeSettings, data: MaeData): Contestant {
  return { ...withHead(settings, data), name: 'supervised, all labels' }
}

/** The encoder of `from`, trained on with labels: deeper layers take smaller steps. */
export function fineTuned(settings: MaeSettings, data: MaeData, from: MAE): Contestant {
  const contestant = withHead(settings, data)
  copyInto(from, contestant.encoder)
  return {
    ...contestant,
    name: 'masked autoencoder, fine-tuned, all labels',
    stages: [layerwiseDecay(contestant.encoder.encoder, { decay: 0.75 })],
  }
}

function withHead(
  settings: MaeSettings,
  data: MaeData,
): Omit<Contestant, 'name'> & { readonly encoder: MAE } {
  const { seed, width } = settings
  const model = new MAE(maeConfig(settings, data.input), new Rng(seed))
  const classes = data.classNames.length
  const classifier = new Classifier({ model, features: width, classes }, new Rng(seed).fold(1))
  return {
    objective: classifier as unknown as Trainable,
    classifier,
    encoder: model,
    ratio: 0,
    train: not(only('model.decoder')),
  }
}

/** The encoder as it starts. */
export function untrained(settings: MaeSettings, data: MaeData): Contestant {
  const model = new MAE(maeConfig(settings, data.input), new Rng(settings.seed))
  return { name: 'untrained encoder', objective: undefined, encoder: model, ratio: 0 }
}

/** The pixels themselves. */
export function pixels(data: MaeData): Contestant {
  const size = data.input.reduce((a, b) => a * b, 1)
  class Pixels extends Module implements FeatureModel {
    features(x: Parameters<FeatureModel['features']>[0]): ReturnType<FeatureModel['features']> {
      return reshape(x, [x.shape[0] as number, size])
    }
  }
  return { name: 'pixels, no encoder', objective: undefined, encoder: new Pixels(), ratio: 0 }
}

/** Trains a contestant as `train mae` does. */
export async function trainContestant(
  { objective, train, stages = [] }: Contestant,
  settings: MaeSettings,
  data: MaeData,
  options: {
    readonly steps: number
    readonly callbacks?: readonly FitCallbacks[]
    readonly signal?: AbortSignal
  },
): Promise<void> {
  if (objective === undefined) return
  const { steps, callbacks = [], signal } = options
  const peak = settings.learningRate
  const optimizer = adamW({
    learningRate: warmupCosine({ peak, warmup: Math.ceil(steps / 20), steps }),
    betas: [0.9, 0.95],
    weightDecay: 0.05,
  })
  await fit(objective, data.training, {
    steps,
    seed: settings.seed,
    optimizer: chain(optimizer, ...stages),
    ...(train && { train }),
    callbacks,
    ...(signal === undefined ? {} : { signal }),
  })
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
