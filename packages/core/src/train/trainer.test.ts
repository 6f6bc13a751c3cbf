import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromArrays } from '../data/dataset.ts'
import { hostCall } from '../host-call.ts'
import { Module } from '../module.ts'
import { sgd } from '../optim/optimizers.ts'
import { Rng } from '../rng.ts'
import { Parameter, State } from '../slot.ts'
import { fit } from './fit.ts'
import type { Context, LossResult } from './objective.ts'

beforeAll(() => tf.setBackend('cpu'))

/** Eight rectified units, seven of them dead. */
class Sick extends Module {
  readonly weight = new Parameter(new Rng(1).normal([4, 8]))
  readonly bias = new Parameter(tf.tensor1d([0, ...new Array(7).fill(-100)]))
  readonly seen = new State(tf.scalar(0))
  forward(x: tf.Tensor): tf.Tensor {
    return tf.relu(
      tf.add(tf.matMul(x as tf.Tensor2D, this.weight.value as tf.Tensor2D), this.bias.value),
    )
  }
  loss(x: tf.Tensor, _context: Context): LossResult {
    return { loss: tf.mean(tf.square(this.forward(x))) }
  }
}

/** As on WebGPU, where values are not to be had at once: the step is left, and replayed with the answer. */
const later = (x: tf.Tensor): tf.Tensor =>
  hostCall(async (values) => [values as Float32Array], [x], {
    shapes: [x.shape],
    gradient: async (_, dy) => [dy as Float32Array],
  })[0] as tf.Tensor

class Waiting extends Sick {
  readonly poison = new Parameter(tf.scalar(1))
  override forward(x: tf.Tensor): tf.Tensor {
    return later(super.forward(x))
  }
  override loss(x: tf.Tensor, context: Context): LossResult {
    const { loss } = super.loss(x, context)
    const bad = tf.where(tf.greaterEqual(context.step, 3), Number.POSITIVE_INFINITY, 1)
    return { loss: tf.mul(loss, tf.mul(this.poison.value, context.training ? bad : tf.scalar(1))) }
  }
}

const values = new Rng(2).normalValues(64 * 4)
const data = fromArrays({ data: values, shape: [64, 4] })
const options = { batch: 64, optimizer: sgd({ learningRate: 1e-3 }) }

describe('the look for dead units', () => {
  it('waits for host calls, draws and disposes like a step, and leaves the model as it is', async () => {
    class Counting extends Waiting {
      override loss(x: tf.Tensor, context: Context): LossResult {
        context.update(this.seen, tf.add(this.seen.value, 1))
        return super.loss(tf.add(x, context.rng.normal(x.shape, { deviation: 0.1 })), context)
      }
    }
    const model = new Counting()
    await fit(model, data, options)
    const before = tf.memory().numTensors
    const { warnings } = await fit(model, data, options)
    expect(warnings).toEqual([expect.stringMatching(/^epoch 1: dead units: 7 of 8 in the output/)])
    expect(tf.memory().numTensors).toBe(before)
    expect(model.seen.value.dataSync()[0]).toBe(2)
  })

  it('takes the whole batch where a loss holds for one size alone', async () => {
    class Fixed extends Sick {
      override loss(x: tf.Tensor): LossResult {
        return { loss: tf.mean(tf.square(tf.reshape(this.forward(x), [64 * 8]))) }
      }
    }
    const before = tf.memory().numTensors
    const model = new Fixed()
    const { warnings } = await fit(model, data, options)
    expect(warnings).toHaveLength(1)
    model.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('lets an error of the loss through', async () => {
    class Broken extends Sick {
      override loss(x: tf.Tensor, context: Context): LossResult {
        if (!context.training) throw new RangeError('the loss knows training only')
        return super.loss(x, context)
      }
    }
    await expect(fit(new Broken(), data, options)).rejects.toThrow('the loss knows training only')
  })
})

describe('the replay of a loss that is not finite', () => {
  it('waits for host calls', async () => {
    const run = fit(new Waiting(), data, { ...options, batch: 8 })
    await expect(run).rejects.toThrow(
      'fit: loss is Infinity at step 4 (epoch 1); first not finite: the output of Waiting.loss, 1 of 1 values.',
    )
  })

  it('looks through every micro-batch', async () => {
    class Picky extends Sick {
      override forward(x: tf.Tensor): tf.Tensor {
        return tf.div(super.forward(x), tf.cast(tf.less(tf.max(x), 100), 'float32'))
      }
    }
    const one = Float32Array.from(values)
    one[40 * 4] = 1000
    const still = fromArrays({ data: one, shape: [64, 4] }).batch(8)
    await expect(fit(new Picky(), still, { ...options, accumulate: 8 })).rejects.toThrow(
      'first not finite: the output of Picky.forward',
    )
  })
})
