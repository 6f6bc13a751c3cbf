import '@tensorflow/tfjs-backend-cpu'
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { deserialise, serialise } from '../checkpoint/model.ts'
import { fromArrays } from '../data/dataset.ts'
import { Module, parameters } from '../module.ts'
import { adam } from '../optim/optimizers.ts'
import { Rng } from '../rng.ts'
import { only } from '../select.ts'
import { Parameter } from '../slot.ts'
import { checkGradient } from '../testing/check-gradient.ts'
import { evaluate } from '../train/evaluate.ts'
import { fit } from '../train/fit.ts'
import type { Context } from '../train/objective.ts'
import { Classifier } from './classifier.ts'
import { blobs } from './testing/blobs.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

class Encoder extends Module {
  readonly weight: Parameter
  constructor(rng: Rng) {
    super()
    this.weight = new Parameter(rng.normal([2, 8]))
  }

  features(x: Tensor, context?: Context): Tensor {
    const hidden = tf.tanh(tf.matMul(x as Tensor2D, this.weight.value as Tensor2D))
    return context?.training === true ? tf.mul(hidden, 1) : hidden
  }
}

const build = (smoothing = 0, classes = 3): Classifier<Encoder> => {
  const rng = new Rng(1)
  return new Classifier(
    { model: new Encoder(rng.split()), features: 8, classes, smoothing },
    rng.split(),
  )
}

const context = (training = false): Context => ({
  rng: new Rng(0),
  step: tf.scalar(0),
  training,
  scalars: {},
  update: () => undefined,
})

const dataset = (seed: number, distance: number) => {
  const { features, shape, labels } = blobs({ items: 96, width: 2, classes: 2, distance, seed })
  return fromArrays({ data: features, shape, labels })
}

describe('Classifier', () => {
  it.each([0, 0.1])('computes the cross-entropy of targets smoothed by %d', async (smoothing) => {
    using classifier = build(smoothing)
    const rows = [0.5, -1, 2, 0.25, -0.75, 1.5]
    const labels = [2, 0, 1]
    const inputs = tf.tensor2d(rows, [3, 2])
    const logits = (await classifier.forward(inputs).array()) as number[][]
    let loss = 0
    let right = 0
    for (const [i, row] of logits.entries()) {
      const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0))
      for (const [c, logit] of row.entries()) {
        const target = (c === labels[i] ? 1 - smoothing : 0) + smoothing / 3
        loss -= (target * (logit - total)) / 3
      }
      if (row.indexOf(Math.max(...row)) === labels[i]) right++
    }
    const batch = { inputs, labels: tf.tensor1d(labels, 'int32') }
    const found = classifier.loss(batch, context())
    expect((await found.loss.data())[0]).toBeCloseTo(loss, 6)
    expect((await found.accuracy.data())[0]).toBeCloseTo(right / 3, 6)

    // Padding of weight zero changes nothing.
    const padded = {
      inputs: tf.concat([inputs, tf.ones([2, 2])], 0),
      labels: tf.tensor1d([...labels, 0, 0], 'int32'),
      weight: tf.tensor1d([1, 1, 1, 0, 0]),
    }
    const weighted = classifier.loss(padded, context())
    expect((await weighted.loss.data())[0]).toBeCloseTo(loss, 6)
    expect((await weighted.accuracy.data())[0]).toBeCloseTo(right / 3, 6)
  })

  it('has the right gradient, through head and model', () => {
    using classifier = build(0.2)
    const labels = tf.tensor1d([2, 0, 1, 1], 'int32')
    const inputs = tf.tensor2d([0.5, -1, 2, 0.25, -0.75, 1.5, 0.3, 0.1], [4, 2])
    const { model, head } = classifier
    checkGradient(
      (encoder, weight, bias) =>
        model.weight.with(encoder as Tensor, () =>
          head.weight.with(weight as Tensor, () =>
            head.bias.with(
              bias as Tensor,
              () => classifier.loss({ inputs, labels }, context(true)).loss,
            ),
          ),
        ),
      [model.weight.value, head.weight.value, head.bias.value],
    )
  })

  it('hands the context to the model in training', () => {
    using classifier = build()
    const seen: (boolean | undefined)[] = []
    const { model } = classifier
    const inner = model.features.bind(model)
    model.features = (x, given) => {
      seen.push(given?.training)
      return inner(x, given)
    }
    const batch = { inputs: tf.ones([2, 2]), labels: tf.tensor1d([0, 1], 'int32') }
    classifier.loss(batch, context(true))
    classifier.forward(batch.inputs)
    expect(seen).toEqual([true, undefined])
  })

  it('learns by fit as a whole, or the head alone', async () => {
    const train = dataset(1, 6)
    const test = dataset(2, 6)
    using classifier = build(0.1, 2)
    const before = await classifier.model.weight.value.data()
    const optimizer = adam({ learningRate: 0.05 })
    const head = only('head')
    await fit(classifier, train, { epochs: 10, batch: 32, optimizer, train: head })
    expect(await classifier.model.weight.value.data()).toEqual(before)
    await fit(classifier, train, { epochs: 10, batch: 32, optimizer })
    expect(await classifier.model.weight.value.data()).not.toEqual(before)
    const { accuracy, loss } = await evaluate(classifier, test)
    expect(accuracy).toBeGreaterThan(0.99)
    expect(loss).toBeLessThan(0.35)
    expect([...parameters(classifier).keys()]).toEqual(['model.weight', 'head.weight', 'head.bias'])
  })

  it('is saved and read', async () => {
    using classifier = build()
    using other = new Classifier(
      { model: new Encoder(new Rng(8)), features: 8, classes: 3 },
      new Rng(9),
    )
    deserialise(other, await serialise(classifier))
    const x = tf.ones([1, 2]) as Tensor
    expect(await other.forward(x).data()).toEqual(await classifier.forward(x).data())
  })

  it('refuses bad configurations and labels', async () => {
    expect(() => build(1)).toThrow('Classifier: smoothing: 1 came, expected a number in [0, 1)')
    expect(() => build(0, 1)).toThrow('LinearHead: classes: 1 came, expected a whole number >= 2')
    using classifier = build(0, 2)
    const optimizer = adam({ learningRate: 0.05 })
    const arrays = { data: new Float32Array(8), shape: [4, 2] }
    await expect(fit(classifier, arrays, { batch: 4, optimizer })).rejects.toThrow(
      'Classifier: data: labels are missing, expected [batch]',
    )
    const wrong = fromArrays({ ...arrays, labels: [0, 1, 2, 0] })
    await expect(fit(classifier, wrong, { batch: 4, optimizer })).rejects.toThrow(
      'Classifier: data: labels: 2 came, expected whole numbers from 0 to 1',
    )
    using narrow = new Classifier(
      { model: new Encoder(new Rng(1)), features: 9, classes: 2 },
      new Rng(1),
    )
    expect(() => narrow.forward(tf.ones([3, 2]))).toThrow(
      'LinearHead: x of shape [3,8] came, expected [batch, 9]',
    )
  })
})
