import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromArrays } from '../data/dataset.ts'
import { Module } from '../module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { sgd } from '../optim/optimizers.ts'
import type { Rng } from '../rng.ts'
import { Parameter, State } from '../slot.ts'
import { evaluate } from './evaluate.ts'
import { fit } from './fit.ts'
import type { FitOptions } from './fit-options.ts'
import { type Context, every, type LossResult } from './objective.ts'
import type { Progress } from './progress.ts'

beforeAll(() => tf.setBackend('cpu'))

/** Learns the mean of the data: the gradient of the loss is exactly `mean - data mean`. */
class Mean extends Module {
  readonly mean = new Parameter(tf.scalar(0))
  readonly batches = new State(tf.scalar(0))
  readonly calls: number[] = []
  readonly #poison: number
  constructor(poison = Number.POSITIVE_INFINITY) {
    super()
    this.#poison = poison
  }
  readonly every = [every(3, ({ step }) => void this.calls.push(step))]
  inner(x: tf.Tensor, context: Context): tf.Tensor {
    const overflow = tf.where(tf.greaterEqual(context.step, this.#poison), Number.NaN, 0)
    return tf.add(x, overflow)
  }
  loss(x: tf.Tensor, context: Context): LossResult {
    context.update(this.batches, tf.add(this.batches.value, 1))
    const rate = context.scalars['weight'] ?? tf.scalar(1)
    const error = tf.sub(this.mean.value, tf.mean(this.inner(x, context)))
    return { loss: tf.mul(tf.mul(tf.square(error), 0.5), rate), error }
  }
}

const data = fromArrays({
  data: Float32Array.from({ length: 64 }, (_, i) => i % 8),
  shape: [64, 1],
})
const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  batch: 8,
  optimizer: sgd({ learningRate: 0.1 }),
  ...more,
})

describe('fit', () => {
  it('trains, validates and reports, without a leaked tensor', async () => {
    const model = new Mean()
    await fit(model, data, options())
    const before = tf.memory().numTensors
    const seen: Progress[] = []
    const run = await fit(
      model,
      data,
      options({ epochs: 3, validation: data, callbacks: [{ onStep: (p) => void seen.push(p) }] }),
    )
    expect(tf.memory().numTensors).toBe(before)
    expect(run).toMatchObject({ steps: 24, ended: 'finished' })
    expect(run.history.epochs.map(({ steps }) => steps)).toEqual([8, 8, 8])
    expect(run.history.epochs[2]?.validation?.['loss']).toBeLessThan(
      run.history.epochs[0]?.validation?.['loss'] ?? 0,
    )
    expect(seen.map(({ step }) => step)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1))
    expect(seen[0]).toMatchObject({ epoch: 1, epochs: 3, steps: 24 })
    expect(model.mean.value.dataSync()[0]).toBeCloseTo(3.5, 0)
    // 8 + 24 training steps; validation counts none.
    expect(model.batches.value.dataSync()[0]).toBe(32)
    expect(model.calls).toEqual([3, 6, 3, 6, 9, 12, 15, 18, 21, 24])
  })

  it('repeats itself to the bit from one seed, and differs from another', async () => {
    const losses = async (seed: number) => {
      const { history } = await fit(new Mean(), data, options({ seed, epochs: 2 }))
      return history.steps.map(({ metrics }) => metrics['loss'])
    }
    expect(await losses(5)).toEqual(await losses(5))
    expect(await losses(5)).not.toEqual(await losses(6))
  })

  it('averages gradients over micro-batches: the same update as one batch of their size', async () => {
    const [one, four] = [new Mean(), new Mean()]
    const still = data.batch(16)
    await fit(one, still, options({ steps: 1 }))
    await fit(four, data.batch(4), options({ steps: 1, accumulate: 4 }))
    expect(four.mean.value.dataSync()[0]).toBeCloseTo(one.mean.value.dataSync()[0] ?? 0, 6)
    expect(four.batches.value.dataSync()[0]).toBe(1)
  })

  it('hands scheduled scalars to the loss', async () => {
    const { history } = await fit(
      new Mean(),
      data.batch(64),
      options({ epochs: 2, scalars: { weight: (step) => step } }),
    )
    expect(history.steps[0]?.metrics['loss']).toBe(0)
    expect(history.steps[1]?.metrics['loss']).toBeCloseTo(3.5 ** 2 / 2, 5)
  })

  it('stops early and puts the best parameters back', async () => {
    const model = new Mean()
    const far = fromArrays({ data: new Float32Array(8), shape: [8, 1] })
    const run = await fit(
      model,
      data,
      options({ epochs: 20, validation: far, earlyStopping: { patience: 2 } }),
    )
    expect(run.ended).toBe('stopped early')
    expect(run.history.epochs).toHaveLength(3)
    const first = run.history.epochs[0]?.validation?.['loss'] ?? 0
    expect((await evaluate(model, far))['loss']).toBeCloseTo(first, 6)
    await expect(
      fit(model, data, options({ earlyStopping: { patience: 1, metric: 'los' } })),
    ).rejects.toThrow("'los' is not among")
  })

  it('ends after the step in progress when aborted', async () => {
    const controller = new AbortController()
    const run = await fit(
      new Mean(),
      data,
      options({
        epochs: 5,
        signal: controller.signal,
        callbacks: [
          {
            onStep: ({ step }) => {
              if (step === 11) controller.abort()
            },
          },
        ],
      }),
    )
    expect(run).toMatchObject({ steps: 11, ended: 'aborted' })
  })

  it('stops at a loss that is not finite, says where, and leaves the parameters as before', async () => {
    const model = new Mean(5)
    const means: number[] = []
    const run = fit(
      model,
      data,
      options({
        callbacks: [{ onStep: () => void means.push(model.mean.value.dataSync()[0] ?? 0) }],
      }),
    )
    await expect(run).rejects.toThrow(
      'fit: loss is NaN at step 6 (epoch 1); first not finite: the output of Mean.inner, 8 of 8 values. The parameters are as before this step.',
    )
    expect(model.mean.value.dataSync()[0]).toBe(means.at(-1))
    expect(model.batches.value.dataSync()[0]).toBe(5)
    const poisoned = fromArrays({
      data: Float32Array.from({ length: 8 }, (_, i) => (i === 3 ? Number.NaN : 0)),
      shape: [8, 1],
    })
    await expect(fit(new Mean(), poisoned, options())).rejects.toThrow(
      'first not finite: the batch, 1 of 8 values',
    )
  })

  it('takes a sampler in the optimiser’s place: Langevin dynamics keeps the posterior’s spread', async () => {
    const langevin: Optimizer = {
      name: 'langevin',
      create: () => new (class extends Module {})(),
      scalars: () => ({}),
      update: (gradients, _, { rng }) =>
        new Map(
          [...gradients].map(([name, g]) => [
            name,
            tf.add(tf.mul(g, -0.05), (rng as Rng).normal(g.shape, { deviation: 0.1 ** 0.5 })),
          ]),
        ),
    }
    const model = new Mean()
    const draws: number[] = []
    await fit(
      model,
      data.batch(64),
      options({
        epochs: 1500,
        optimizer: langevin,
        callbacks: [{ onStep: () => void draws.push(model.mean.value.dataSync()[0] ?? 0) }],
      }),
    )
    const kept = draws.slice(100)
    const mean = kept.reduce((a, b) => a + b) / kept.length
    const variance = kept.reduce((a, b) => a + (b - mean) ** 2, 0) / kept.length
    // p(mean) ~ exp(-(mean - 3.5)^2 / 2): variance 1 (up to the step size).
    expect(Math.abs(mean - 3.5)).toBeLessThan(0.5)
    expect(variance).toBeGreaterThan(0.6)
    expect(variance).toBeLessThan(1.6)
  })

  it('makes as many steps as asked for when no epochs are given', async () => {
    const run = await fit(new Mean(), data, options({ steps: 20 }))
    expect([run.steps, run.history.epochs.map(({ steps }) => steps)]).toEqual([20, [8, 8, 4]])
    expect((await fit(new Mean(), data, options({ steps: 20, epochs: 1 }))).steps).toBe(8)
  })

  it('refuses bad options and empty data in words', async () => {
    const model = new Mean()
    await expect(fit(model, data, options({ epochs: 0 }))).rejects.toThrow(
      'fit: epochs: 0 came, expected a whole number >= 1',
    )
    await expect(fit(model, data, options({ batch: 1.5 }))).rejects.toThrow('batch: 1.5 came')
    await expect(fit(model, data, options({ batch: 100 }))).rejects.toThrow('100')
    await expect(fit(model, data, options({ accumulate: 9 }))).rejects.toThrow(
      'too few items for one update',
    )
    await expect(evaluate(model, data.batch(64).take(0))).rejects.toThrow('no item came')
  })
})

describe('evaluate', () => {
  it('weights batches by their size and repeats its draws', async () => {
    const model = new Mean()
    const short = fromArrays({ data: Float32Array.of(1, 1, 4), shape: [3, 1] })
    expect((await evaluate(model, short, { batch: 2 }))['error']).toBeCloseTo(-2, 6)
  })
})
