/**
 * A classifier on a model's features, trained as a whole by `fit`: the supervised baseline from random weights, and
 * fine-tuning from trained ones. With `fit`'s `train: only('head')` the model stays frozen.
 *
 *     loss = -sum_c t_c log softmax(W^T f(x) + b)[c],   t = (1 - smoothing) [c = y] + smoothing / classes
 *
 * Label smoothing is Szegedy et al., 2016.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, argMax, cast, div, equal, mean, mul, neg, oneHot, sum } from '@tensorflow/tfjs-core'
import type { HostBatch } from '../data/host-array.ts'
import { check } from '../error.ts'
import { logSoftmax } from '../gradients/activation.ts'
import { Module } from '../module.ts'
import type { Rng } from '../rng.ts'
import type { Context, LossResult, ObjectiveHooks } from '../train/objective.ts'
import type { FeatureModel } from './extract-features.ts'
import { LinearHead } from './linear-head.ts'

/** See {@link Classifier}. */
export interface ClassifierConfig<M extends FeatureModel = FeatureModel> {
  /** What gives the features. In training it is handed the context, for dropout and the like. */
  readonly model: M
  /** How many features it gives. */
  readonly features: number
  readonly classes: number
  /** The share of each target that is spread over all classes, in [0, 1); 0 by default. */
  readonly smoothing?: number
}

/** A batch of `inputs` with whole-number `labels` `[batch]`, and a `weight` `[batch]` where some are padding. */
export type LabelledBatch = { readonly inputs: Tensor; readonly labels: Tensor } & {
  readonly [field: string]: Tensor
}

/** What the loss reports: means over the batch. */
export type ClassifierLoss = LossResult & {
  /** The share of items whose class has the highest logit. */
  readonly accuracy: Tensor
}

/** Slots: those of `model`, and the `head`. Disposing it disposes the model as well; a file is read by `load`. */
export class Classifier<M extends FeatureModel = FeatureModel>
  extends Module
  implements Pick<ObjectiveHooks, 'checkData'>
{
  /** What files call it: bundlers shorten the names of classes. */
  static override readonly name: string = 'Classifier'
  readonly model: M
  readonly head: LinearHead
  readonly smoothing: number

  /** @throws WinnowError for a smoothing out of range, or fewer than two classes */
  constructor(config: ClassifierConfig<M>, rng: Rng) {
    super()
    const { model, features, classes, smoothing = 0 } = config
    check(
      smoothing >= 0 && smoothing < 1,
      () => `Classifier: smoothing: ${smoothing} came, expected a number in [0, 1)`,
    )
    this.model = model
    this.head = new LinearHead({ features, classes }, rng)
    this.smoothing = smoothing
  }

  /** `[batch, ...]` to logits, `[batch, classes]`. */
  forward(x: Tensor, context?: Context): Tensor {
    return this.head.forward(this.model.features(x, context))
  }

  /** See {@link ClassifierLoss}. Nats per item. */
  loss({ inputs, labels, ...rest }: LabelledBatch, context: Context): ClassifierLoss {
    const { classes } = this.head.config
    const logits = this.forward(inputs, context)
    const logProbabilities = logSoftmax(logits)
    const index = cast(labels, 'int32')
    const chosen = sum(mul(oneHot(index, classes), logProbabilities), 1)
    const spread = mean(logProbabilities, 1)
    const losses = neg(add(mul(chosen, 1 - this.smoothing), mul(spread, this.smoothing)))
    const right = cast(equal(argMax(logits, 1), index), 'float32')
    const { weight } = rest
    const average = (values: Tensor): Tensor =>
      weight === undefined ? mean(values) : div(sum(mul(values, weight)), sum(weight))
    return { loss: average(losses), accuracy: average(right) }
  }

  /** Refuses data without labels, or with labels that are no class. */
  checkData(batch: HostBatch): void {
    const { classes } = this.head.config
    const labels = batch['labels']
    check(
      labels !== undefined && labels.shape.length === 1,
      () =>
        `Classifier: data: labels ${labels === undefined ? 'are missing' : `of shape [${labels.shape}] came`}, expected [batch]`,
    )
    const bad = labels.data.find(
      (label) => !Number.isInteger(label) || label < 0 || label >= classes,
    )
    check(
      bad === undefined,
      () =>
        `Classifier: data: labels: ${bad} came, expected whole numbers from 0 to ${classes - 1}`,
    )
  }
}
