/** A run that is killed and gone on with ends with the bytes of an uninterrupted one: in place, and in the graph. */
import * as tf from '@tensorflow/tfjs-core'
import {
  adamW,
  type Context,
  type FitOptions,
  fit,
  fromArrays,
  type LossResult,
  Module,
  muon,
  type Optimizer,
  Parameter,
  Rng,
  State,
  sgd,
  slots,
  warmupCosine,
} from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { activate } from './activate.ts'

beforeAll(async () => {
  await activate({ threads: 2 })
})

/** Noise in the loss and a state: besides the optimiser's memory all that a resume must bring back. */
class Noisy extends Module {
  readonly config = { width: 4 }
  readonly weight = new Parameter(new Rng(1).normal([4, 4]))
  readonly bias = new Parameter(tf.zeros([4]))
  readonly seen = new State(tf.zeros([4]))
  loss(x: tf.Tensor, context: Context): LossResult {
    const noisy = tf.add(x, context.rng.normal(x.shape, { deviation: 0.1 }))
    const output = tf.add(
      tf.matMul(noisy as tf.Tensor2D, this.weight.value as tf.Tensor2D),
      this.bias.value,
    )
    context.update(this.seen, tf.add(tf.mul(this.seen.value, 0.9), tf.mean(output, 0)))
    return { loss: tf.mean(tf.squaredDifference(output, x)) }
  }
}

const data = fromArrays({ data: new Rng(5).normalValues(44 * 4), shape: [44, 4] })
const learningRate = warmupCosine({ peak: 0.05, warmup: 3, steps: 20 })
const optimizers: Record<string, () => Optimizer> = {
  'adamW with clipping': () => adamW({ learningRate, clipNorm: 0.5 }),
  'sgd with momentum': () => sgd({ learningRate, momentum: 0.9 }),
  'muon, updated in the graph': () => muon({ learningRate }),
}

/** Trains anew, or goes on from what the store holds; gives the bytes of every slot, and the losses. */
async function train(optimizer: Optimizer, more: Partial<FitOptions> = {}) {
  using model = new Noisy()
  const options = { epochs: 4, batch: 4, accumulate: 2, seed: 9, validation: data, optimizer }
  const { history } = await fit(model, data, { ...options, ...more })
  const values = await Promise.all(
    [...slots(model).values()].map(async ({ slot }) => [...(await slot.value.data())]),
  )
  return { values, losses: history.steps.map(({ metrics }) => metrics['loss']) }
}

describe('a run on onnx that is killed and gone on with', () => {
  it.each(Object.keys(optimizers))('ends as if nothing had been, to the bit: %s', async (name) => {
    const make = optimizers[name] as () => Optimizer
    const whole = await train(make())
    expect(whole.losses).toHaveLength(20)
    let kept: Uint8Array | undefined
    const store = {
      read: async () => kept,
      write: async (bytes: Uint8Array) => {
        kept = bytes
      },
    }
    const checkpoint = { store, everySteps: 2, resume: true }
    for (const killed of [3, 8, 15]) {
      const onStep = ({ step }: { step: number }): void => {
        if (step === killed) throw new Error('killed')
      }
      const run = train(make(), { checkpoint, callbacks: [{ onStep }] })
      await expect(run).rejects.toThrow('killed')
    }
    expect(await train(make(), { checkpoint })).toEqual(whole)
  })
})
