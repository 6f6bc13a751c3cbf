/**
 * The abstraction proved on six small methods that have little in common. Each should read as its description does;
 * where one is ugly, the abstraction is wrong.
 */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { fromArrays } from '../data/dataset.ts'
import { copyInto, ema } from '../functional.ts'
import { gradient } from '../gradients/gradient.ts'
import { higherOrder } from '../gradients/higher-order.ts'
import { stopGradient } from '../gradients/stop-gradient.ts'
import { hostCall } from '../host-call.ts'
import { Module } from '../module.ts'
import { adam, sgd } from '../optim/optimizers.ts'
import { Rng } from '../rng.ts'
import { frozen, only } from '../select.ts'
import { Parameter, State } from '../slot.ts'
import { fit } from './fit.ts'
import type { Context, LossResult, Phase } from './objective.ts'

beforeAll(() => tf.setBackend('cpu'))

class Dense extends Module {
  readonly weight: Parameter
  constructor(inputs: number, outputs: number, rng: Rng) {
    super()
    this.weight = new Parameter(rng.normal([inputs, outputs], { deviation: inputs ** -0.5 }))
  }
  forward(x: tf.Tensor): tf.Tensor {
    return tf.matMul(x as tf.Tensor2D, this.weight.value as tf.Tensor2D)
  }
}

const meanSquare = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.mean(tf.squaredDifference(a, b))

/** Points in 4 dimensions that lie on a plane. */
const plane = () => {
  const rng = new Rng(1)
  const data = new Float32Array(256 * 4)
  for (let i = 0; i < 256; i++) {
    const [a = 0, b = 0] = rng.normalValues(2)
    data.set([a, b, a + b, a - b], 4 * i)
  }
  return fromArrays({ data, shape: [256, 4] })
}

describe('the abstraction', () => {
  it('a plain autoencoder', async () => {
    class PlainAutoencoder extends Module {
      readonly encoder = new Dense(4, 2, new Rng(2))
      readonly decoder = new Dense(2, 4, new Rng(3))
      loss(x: tf.Tensor): LossResult {
        return { loss: meanSquare(this.decoder.forward(this.encoder.forward(x)), x) }
      }
    }
    const model = new PlainAutoencoder()
    const { history } = await fit(model, plane(), {
      epochs: 30,
      batch: 32,
      optimizer: adam({ learningRate: 0.02 }),
    })
    expect(history.steps).toHaveLength(240)
    expect(history.epochs[0]?.training['loss']).toBeGreaterThan(0.3)
    expect(history.epochs.at(-1)?.training['loss']).toBeLessThan(0.01)
  })

  it('two players: a generator learns the mean that a critic points to', async () => {
    class TwoPlayers extends Module {
      readonly generator = new Parameter(tf.zeros([4]))
      readonly critic = new Parameter(tf.zeros([4]))
      readonly phases: readonly Phase<tf.Tensor>[] = [
        {
          name: 'critic',
          parameters: only('critic'),
          loss: (real, { rng }) => {
            const gap = tf.sub(tf.mean(real, 0), tf.mean(this.generate(rng), 0))
            const score = tf.sum(tf.mul(this.critic.value, gap))
            return { loss: tf.sub(tf.sum(tf.square(this.critic.value)), score) }
          },
        },
        {
          name: 'generator',
          parameters: only('generator'),
          every: 2,
          optimizer: sgd({ learningRate: 0.5 }),
          loss: (_, { rng }) => ({
            loss: tf.neg(tf.sum(tf.mul(this.critic.value, tf.mean(this.generate(rng), 0)))),
          }),
        },
      ]
      generate(rng: Rng): tf.Tensor {
        return tf.add(this.generator.value, rng.normal([32, 4], { deviation: 0.1 }))
      }
    }
    const model = new TwoPlayers()
    const data = fromArrays({ data: new Float32Array(256 * 4).fill(3), shape: [256, 4] })
    const { history } = await fit(model, data, {
      epochs: 20,
      batch: 32,
      optimizer: sgd({ learningRate: 0.3 }),
    })
    for (const value of model.generator.value.dataSync()) expect(value).toBeCloseTo(3, 0)
    expect(Object.keys(history.steps[0]?.metrics ?? {})).toContain('critic.loss')
    expect(Object.keys(history.steps[1]?.metrics ?? {})).not.toContain('generator.loss')
  })

  it('a codebook updated by averages, not by gradient', async () => {
    class Codebook extends Module {
      readonly codes = new State(tf.tensor2d([[0.4], [0.6]]))
      readonly scale = new Parameter(tf.scalar(1))
      loss(x: tf.Tensor, context: Context): LossResult {
        const codes = this.codes.value // [2, 1]
        const distance = tf.square(tf.sub(x, tf.transpose(codes))) // [batch, 2]
        const chosen = tf.oneHot(tf.argMin(distance, 1), 2) as tf.Tensor2D // [batch, 2]
        const count = tf.expandDims(tf.sum(chosen, 0), 1) as tf.Tensor2D
        const mean = tf.divNoNan(tf.matMul(chosen, x as tf.Tensor2D, true), count)
        const average = tf.add(
          tf.mul(codes, 0.8),
          tf.mul(tf.where(tf.greater(count, 0), mean, codes), 0.2),
        )
        context.update(this.codes, average)
        const quantised = tf.mul(tf.matMul(chosen, codes as tf.Tensor2D), this.scale.value)
        return { loss: meanSquare(quantised, x) }
      }
    }
    const model = new Codebook()
    const values = Float32Array.from({ length: 128 }, (_, i) => (i % 2 === 0 ? -1 : 2))
    const data = fromArrays({ data: values, shape: [128, 1] })
    await fit(model, data, {
      epochs: 6,
      batch: 16,
      accumulate: 2,
      validation: data,
      train: frozen(model),
      optimizer: sgd({ learningRate: 0 }),
    })
    // 24 updates, each counted once in spite of accumulation and validation: 1 - 0.8^24 of the way.
    const [low, high] = model.codes.value.dataSync()
    expect(low).toBeCloseTo(-1 + 1.4 * 0.8 ** 24, 4)
    expect(high).toBeCloseTo(2 - 1.4 * 0.8 ** 24, 4)
  })

  it('a teacher by moving average, and a frozen encoder', async () => {
    class Distilled extends Module {
      readonly encoder = new Dense(4, 3, new Rng(4))
      readonly student = new Dense(3, 4, new Rng(5))
      readonly teacher = new Dense(3, 4, new Rng(6))
      constructor() {
        super()
        copyInto(this.student, this.teacher)
      }
      loss(x: tf.Tensor): LossResult {
        const code = this.encoder.forward(x)
        const taught = stopGradient(this.teacher.forward(code))
        const output = this.student.forward(code)
        return { loss: tf.add(meanSquare(output, x), meanSquare(output, taught)) }
      }
      afterUpdate(): void {
        ema(this.teacher, this.student, { decay: 0.5 })
      }
    }
    const model = new Distilled()
    const read = () =>
      [model.encoder, model.student, model.teacher].map((m) => [...m.weight.value.dataSync()])
    const [encoder, start] = read()
    await fit(model, plane(), {
      steps: 1,
      batch: 64,
      train: frozen(model.encoder, model.teacher),
      optimizer: sgd({ learningRate: 0.5 }),
    })
    const [encoderAfter, student, teacher] = read()
    expect(encoderAfter).toEqual(encoder)
    expect(student).not.toEqual(start)
    const middle = start?.map((value, i) => (value + (student?.[i] ?? 0)) / 2)
    teacher?.forEach((value, i) => {
      expect(value).toBeCloseTo(middle?.[i] ?? 0, 6)
    })
  })

  it('gradients of gradients: a penalty on the encoder’s Jacobian', async () => {
    class Contractive extends Module {
      readonly first = new Dense(4, 8, new Rng(7))
      readonly second = new Dense(8, 4, new Rng(8))
      readonly penalty: number
      constructor(penalty: number) {
        super()
        this.penalty = penalty
      }
      loss(x: tf.Tensor): LossResult {
        return higherOrder(() => {
          const energy = (): tf.Tensor => tf.sum(tf.tanh(this.first.forward(x)))
          const jacobian = tf.mean(tf.square(gradient(energy, [x])[0] as tf.Tensor))
          const output = this.second.forward(tf.tanh(this.first.forward(x)))
          return { loss: tf.add(meanSquare(output, x), tf.mul(jacobian, this.penalty)), jacobian }
        })
      }
    }
    const train = async (penalty: number) => {
      const { history } = await fit(new Contractive(penalty), plane(), {
        epochs: 8,
        batch: 32,
        optimizer: adam({ learningRate: 0.02 }),
      })
      return history.epochs.at(-1)?.training['jacobian'] ?? 0
    }
    expect(await train(1)).toBeLessThan(0.3 * (await train(0)))
  })

  it('host work in mid-step: each item is pulled to the code that the host assigns to it', async () => {
    class Assigned extends Module {
      readonly codes = new Parameter(tf.tensor2d([[0], [1], [2], [3]]))
      loss(x: tf.Tensor): LossResult {
        // The host gives every code to one item: here by rank.
        const assign = (values: ArrayLike<number>) => {
          const order = Array.from(values, (_, i) => i).sort(
            (a, b) => (values[a] ?? 0) - (values[b] ?? 0),
          )
          const rank = new Int32Array(order.length)
          order.forEach((item, place) => {
            rank[item] = place
          })
          return [rank]
        }
        const [places] = hostCall(assign, [x], { shapes: [[4]], dtypes: ['int32'] })
        return { loss: meanSquare(tf.gather(this.codes.value, places as tf.Tensor1D), x) }
      }
    }
    const model = new Assigned()
    const data = fromArrays({ data: Float32Array.of(9, 7, 10, 8), shape: [4, 1] })
    await fit(model, data, { epochs: 200, batch: 4, optimizer: sgd({ learningRate: 0.5 }) })
    expect([...model.codes.value.dataSync()].map(Math.round)).toEqual([7, 8, 9, 10])
  })
})
