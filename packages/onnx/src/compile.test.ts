/** The rule of capture on a backend that traces: what is traced once, what is read again, what is traced anew. */
import * as tf from '@tensorflow/tfjs-core'
import { compile, hostCall, Module, Parameter, Rng, State } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { activate } from './activate.ts'

beforeAll(async () => {
  await activate()
})

class Counter extends Module {
  readonly weight = new Parameter(tf.tensor1d([1, 2]))
  readonly count = new State(tf.scalar(0))
  scale = 1
  next(x: tf.Tensor): tf.Tensor {
    this.count.assign(tf.add(this.count.value, 1))
    return tf.mul(tf.mul(x, this.weight.value), this.scale)
  }
}

const numbers = async (tensor: tf.Tensor): Promise<number[]> => {
  const values = [...(await tensor.data())]
  tensor.dispose()
  return values
}

describe('compile on onnx', () => {
  it('traces once per signature and reads slots and captured tensors again', async () => {
    using model = new Counter()
    const outside = tf.tensor1d([1, 1])
    using step = compile((x: tf.Tensor) => tf.add(model.next(x), outside), { modules: [model] })
    expect(await numbers(await step(tf.tensor1d([1, 1])))).toEqual([2, 3])
    model.weight.assign(tf.tensor1d([5, 6]))
    expect(await numbers(await step(tf.tensor1d([10, 10])))).toEqual([51, 61])
    expect(step.traces).toBe(1)
    expect(await numbers(model.count.value.clone())).toEqual([2])
    model.scale = 2
    expect(await numbers(await step(tf.tensor1d([10, 10])))).toEqual([101, 121])
    expect(step.traces).toBe(2)
    await step(
      tf.tensor2d([
        [1, 1],
        [2, 2],
        [3, 3],
      ]),
    )
    expect(step.traces).toBe(3)
  })

  it('draws the numbers that the eager side draws, new ones at each call', async () => {
    const draw = (rng: Rng): tf.Tensor => tf.add(rng.split().normal([4]), rng.fold(2).uniform([4]))
    using step = compile(draw)
    const rng = new Rng(4)
    const [first, second] = [await numbers(await step(rng)), await numbers(await step(rng))]
    expect(step.traces).toBe(1)
    expect(second).not.toEqual(first)
    const eager = new Rng(4)
    expect(first).toEqual(await numbers(draw(eager.split())))
    expect(second).toEqual(await numbers(draw(eager.split())))
  })

  it('refuses values read in the middle, generators from outside, and drops writes on demand', async () => {
    using model = new Counter()
    const read = compile((x: tf.Tensor) => tf.scalar(x.dataSync()[0] ?? 0))
    await expect(read(tf.scalar(1))).rejects.toThrow('hostCall')
    const outside = new Rng(1)
    await expect(compile(() => outside.normal([2]))()).rejects.toThrow('pass it as an argument')
    using step = compile((x: tf.Tensor) => model.next(x), { commitIf: () => false })
    await step(tf.tensor1d([1, 1]))
    expect(await numbers(model.count.value.clone())).toEqual([0])
  })

  it('splits at a host call, with its gradient, synchronous or not', async () => {
    const sorted = (x: tf.Tensor): tf.Tensor =>
      hostCall(async (v) => [Float32Array.from(v).sort()], [x], {
        shapes: [x.shape],
      })[0] as tf.Tensor
    using step = compile((x: tf.Tensor) => tf.mul(sorted(tf.neg(x)), 2))
    expect(await numbers(await step(tf.tensor1d([1, 3, 2])))).toEqual([-6, -4, -2])
    expect(await numbers(await step(tf.tensor1d([9, 3, 5])))).toEqual([-18, -10, -6])
    expect(step.traces).toBe(1)
  })
})
