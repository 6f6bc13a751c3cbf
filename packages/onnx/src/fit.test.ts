/** Training through `fit` on a backend that traces and updates in place: hooks, states, accumulation, constraints. */
import * as tf from '@tensorflow/tfjs-core'
import {
  adamW,
  type Context,
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
  useBackend,
} from '@winnow/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { activate } from './activate.ts'

/** A gradient, a state read twice, noise, and a unit-norm constraint. */
class Everything extends Module {
  readonly weight = new Parameter(new Rng(1).normal([3, 3]))
  readonly bias = new Parameter(tf.zeros([3]))
  readonly seen = new State(tf.zeros([3]))
  loss(x: tf.Tensor, context: Context): LossResult {
    const noisy = tf.add(x, context.rng.normal(x.shape, { deviation: 0.1 }))
    const output = tf.add(
      tf.matMul(noisy as tf.Tensor2D, this.weight.value as tf.Tensor2D),
      this.bias.value,
    )
    const centred = tf.sub(output, tf.mul(this.seen.value, 0.01))
    context.update(this.seen, tf.add(tf.mul(this.seen.value, 0.9), tf.mean(output, 0)))
    return { loss: tf.mean(tf.squaredDifference(centred, x)) }
  }
  afterGradients(gradients: ReadonlyMap<string, tf.Tensor>): ReadonlyMap<string, tf.Tensor> {
    return new Map([...gradients].map(([path, g]) => [path, path === 'bias' ? tf.mul(g, 0.5) : g]))
  }
  afterUpdate(): void {
    const { value } = this.weight
    this.weight.assign(
      tf.div(
        value,
        tf.add(tf.norm(value, 'euclidean', 0, true), tf.mul(tf.mean(this.seen.value), 0)),
      ),
    )
  }
}

const run = async (backend: 'onnx' | 'cpu', optimizer: Optimizer): Promise<Float32Array[]> => {
  await (backend === 'onnx' ? activate() : useBackend('cpu'))
  const data = fromArrays({ data: new Rng(5).normalValues(48 * 3), shape: [48, 3] })
  using model = new Everything()
  await fit(model, data, {
    epochs: 4,
    batch: 4,
    accumulate: 2,
    validation: data,
    optimizer,
    seed: 3,
  })
  return await Promise.all(
    [...slots(model).values()].map(async ({ slot }) => Float32Array.from(await slot.value.data())),
  )
}

describe('fit on onnx', () => {
  beforeEach(async () => {
    await activate()
  })

  const optimizers: Record<string, () => Optimizer> = {
    'adamW with clipping, updated in place': () => adamW({ learningRate: 0.02, clipNorm: 0.5 }),
    'sgd with momentum, updated in place': () => sgd({ learningRate: 0.05, momentum: 0.9 }),
    'muon, updated in the graph': () => muon({ learningRate: 0.02 }),
  }
  for (const [name, make] of Object.entries(optimizers)) {
    it(`gives the parameters and states of cpu: ${name}`, async () => {
      const [onnx, cpu] = [await run('onnx', make()), await run('cpu', make())]
      for (const [i, values] of onnx.entries()) {
        expect(values).toBeAllClose(cpu[i] as Float32Array, { absolute: 1e-4 })
      }
    })
  }

  it('leaves nothing behind', async () => {
    await run('onnx', adamW({ learningRate: 0.01 }))
    const before = tf.memory().numTensors
    await run('onnx', adamW({ learningRate: 0.01 }))
    expect(tf.memory().numTensors).toBe(before)
  })
})
