import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromArrays } from '../data/dataset.ts'
import { Module } from '../module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { adam, sgd } from '../optim/optimizers.ts'
import { Rng } from '../rng.ts'
import { Parameter } from '../slot.ts'
import { fit } from './fit.ts'
import type { LossResult } from './objective.ts'

// Every warning of a run on a run that deserves it, and on the same run done well.

beforeAll(() => tf.setBackend('cpu'))

const ACTIVATIONS = { relu: tf.relu, tanh: tf.tanh }

/** A small autoencoder: 6 -> 8 -> 6. */
class Small extends Module {
  readonly widen: Parameter
  readonly bias: Parameter
  readonly narrow: Parameter
  readonly activation: keyof typeof ACTIVATIONS
  constructor({ bias = 0, activation = 'tanh' as keyof typeof ACTIVATIONS } = {}) {
    super()
    const rng = new Rng(4)
    this.activation = activation
    this.widen = new Parameter(rng.normal([6, 8], { deviation: 0.4 }))
    this.bias = new Parameter(tf.fill([8], bias))
    this.narrow = new Parameter(rng.normal([8, 6], { deviation: 0.35 }))
  }
  hidden(x: tf.Tensor): tf.Tensor {
    const inner = tf.matMul(x as tf.Tensor2D, this.widen.value as tf.Tensor2D)
    return ACTIVATIONS[this.activation](tf.add(inner, this.bias.value))
  }
  loss(x: tf.Tensor): LossResult {
    const output = tf.matMul(this.hidden(x) as tf.Tensor2D, this.narrow.value as tf.Tensor2D)
    return { loss: tf.mean(tf.sum(tf.squaredDifference(output, x), 1)) }
  }
}

const rng = new Rng(8)
const data = fromArrays({ data: rng.normalValues(512 * 6), shape: [512, 6] })

/** Losses differ from batch to batch: 32 steps an epoch. */
const warningsOf = async (
  model: Small,
  optimizer: Optimizer,
  epochs = 3,
): Promise<readonly string[]> => {
  const { warnings, history } = await fit(model, data, { batch: 16, epochs, optimizer })
  // None is a case of NaN.
  for (const { metrics } of history.steps) expect(metrics['loss']).toSatisfy(Number.isFinite)
  return warnings
}

describe('warnings of runs', () => {
  it('a learning rate far too high: exploding gradients, short of NaN', async () => {
    const warnings = await warningsOf(new Small(), sgd({ learningRate: 0.66 }))
    const expected =
      /exploding gradients: gradientNorm is .*e\+\d+ at step \d+, \d+ times its median; clip it \(clipNorm\) or lower/
    expect(warnings.filter((warning) => expected.test(warning)).length).toBeGreaterThan(0)
    expect(warnings.filter((warning) => !expected.test(warning))).toEqual([])
  })

  it('a higher one: an error, which says that gradients explode though nothing in the replay is infinite', async () => {
    await expect(warningsOf(new Small(), sgd({ learningRate: 0.9 }))).rejects.toThrow(
      /gradientNorm is Infinity at step \d+ \(epoch 1\); first not finite: the norm itself, of exploding gradients/,
    )
  })

  it('the same run at a moderate learning rate: none', async () => {
    expect(await warningsOf(new Small(), sgd({ learningRate: 0.02 }))).toEqual([])
    expect(await warningsOf(new Small(), adam({ learningRate: 0.005 }))).toEqual([])
  })

  it('a learning rate of zero: a loss that never moves, for all that batches differ', async () => {
    const warnings = await warningsOf(new Small(), sgd({ learningRate: 0 }))
    expect(warnings).toEqual([
      expect.stringMatching(/^epoch 2: the loss does not move: loss is .* after 64 steps/),
      expect.stringMatching(/^epoch 3: the loss does not move: .* is the learning rate too small/),
    ])
  })

  it('a dead network: a loss that never moves, and dead units', async () => {
    const dead = new Small({ bias: -50, activation: 'relu' })
    const warnings = await warningsOf(dead, adam({ learningRate: 0.01 }), 2)
    expect(warnings).toEqual([
      expect.stringMatching(/^epoch 1: dead units: 8 of 8 in the output of Small.hidden/),
      expect.stringMatching(/^epoch 2: the loss does not move/),
      expect.stringMatching(/^epoch 2: dead units: 8 of 8/),
    ])
  })

  it('the same network alive: none', async () => {
    const alive = new Small({ activation: 'relu' })
    expect(await warningsOf(alive, adam({ learningRate: 0.01 }), 2)).toEqual([])
  })
})
