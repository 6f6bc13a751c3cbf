import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { compile } from './compile.ts'
import { gradient } from './gradients/gradient.ts'
import { hostCall } from './host-call.ts'
import { Rng } from './rng.ts'

beforeAll(() => tf.setBackend('cpu'))

let before = 0
beforeEach(() => {
  before = tf.memory().numTensors
})

const numbers = async (tensor: tf.Tensor): Promise<number[]> => {
  const values = [...(await tensor.data())]
  tensor.dispose()
  return values
}

describe('hostCall', () => {
  const sorted = (x: tf.Tensor) =>
    hostCall((values) => [Float32Array.from(values).sort()], [x], {
      shapes: [x.shape],
    })[0] as tf.Tensor

  it('works on the host in the middle of a compiled function', async () => {
    using step = compile((x: tf.Tensor) => tf.mul(sorted(tf.neg(x)), 2))
    expect(await numbers(await step(tf.tensor1d([1, 3, 2])))).toEqual([-6, -4, -2])
  })

  it('suspends for an asynchronous function and replays with its answer', async () => {
    let runs = 0
    using step = compile((x: tf.Tensor, rng: Rng) => {
      runs++
      const noise = rng.normal([2])
      const [a] = hostCall(async (v) => [Float32Array.of((v[0] ?? 0) + 1)], [x], { shapes: [[1]] })
      const [b] = hostCall(async (v) => [Float32Array.of((v[0] ?? 0) * 10)], [a as tf.Tensor], {
        shapes: [[1]],
      })
      return { b: b as tf.Tensor, noise }
    })
    const x = tf.tensor1d([4])
    const { b, noise } = await step(x, new Rng(2))
    expect(await numbers(b)).toEqual([50])
    expect(runs).toBe(3)
    const again = await step(x, new Rng(2))
    expect(await numbers(again.noise)).toEqual(await numbers(noise))
    again.b.dispose()
    x.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('draws the same numbers in a replay, so that the answer belongs to them', async () => {
    const drawn = (waits: boolean) =>
      compile((rng: Rng) => {
        const noise = [rng.normal([2]), rng.split().normal([2]), rng.fold(1).normal([2])]
        const copy = (values: tf.TypedArray): Float32Array[] => [Float32Array.from(values)]
        const [answer] = hostCall(
          waits ? async (values) => copy(values as tf.TypedArray) : (v) => copy(v as tf.TypedArray),
          [noise[0] as tf.Tensor],
          { shapes: [[2]] },
        )
        return [answer as tf.Tensor, ...noise]
      })
    const [atOnce, replayed] = [await drawn(false)(new Rng(3)), await drawn(true)(new Rng(3))]
    for (const [i, tensor] of replayed.entries()) {
      expect(await numbers(tensor)).toEqual(await numbers(atOnce[i] as tf.Tensor))
    }
    expect(tf.memory().numTensors).toBe(before)
  })

  it('suspends within a gradient too, forwards and backwards, and leaves nothing behind', async () => {
    const square = (x: tf.Tensor) =>
      hostCall(async (v) => [Float32Array.from(v, (a) => a * a)], [x], {
        shapes: [x.shape],
        gradient: async (v, dy) => [Float32Array.from(v, (a, i) => 2 * a * (dy?.[i] ?? 0))],
      })[0] as tf.Tensor
    using step = compile((x: tf.Tensor) => gradient(() => tf.sum(square(tf.mul(x, 2))), [x])[0])
    const x = tf.tensor1d([1, -3])
    expect(await numbers((await step(x)) as tf.Tensor)).toEqual([8, -24])
    x.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('has the gradient it was given, or none', () => {
    const square = (x: tf.Tensor) =>
      hostCall((v) => [Float32Array.from(v, (a) => a * a)], [x], {
        shapes: [x.shape],
        gradient: (v, dy) => [Float32Array.from(v, (a, i) => 2 * a * (dy?.[i] ?? 0))],
      })[0] as tf.Tensor
    const slope = tf.grad((x) => tf.sum(square(x)))(tf.tensor1d([1, -3]))
    expect([...slope.dataSync()]).toEqual([2, -6])
  })

  it('says when the function returned something else', () => {
    expect(() => hostCall(() => [new Float32Array(2)], [], { shapes: [[3]] })).toThrow(
      'hostCall: the function returned arrays of lengths [2], expected [3] for shapes [3]',
    )
  })
})
