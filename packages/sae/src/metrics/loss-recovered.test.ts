import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Edit, lossRecovered, spliceLosses } from './loss-recovered.ts'

beforeAll(() => tf.setBackend('cpu'))

describe('loss recovered', () => {
  it('is 1 for the activations themselves, 0 for nothing, and below 0 for worse', () => {
    expect(lossRecovered({ original: 2, spliced: 2, ablated: 10 })).toBe(1)
    expect(lossRecovered({ original: 2, spliced: 10, ablated: 10 })).toBe(0)
    expect(lossRecovered({ original: 2, spliced: 4, ablated: 10 })).toBe(0.75)
    expect(lossRecovered({ original: 2, spliced: 12, ablated: 10 })).toBe(-0.25)
  })

  it('has no meaning where the activations do not matter', () => {
    expect(() => lossRecovered({ original: 2, spliced: 2, ablated: 2 })).toThrow('does not need')
    expect(() => lossRecovered({ original: 2, spliced: Number.NaN, ablated: 3 })).toThrow('NaN')
  })
})

describe('splicing', () => {
  /** A network whose activations are its batch `[batch, tokens, 2]`, and its loss their distance from the batch. */
  const run = (batch: tf.Tensor, edit: Edit = (activations) => activations) =>
    tf.tidy(() => tf.mean(tf.square(tf.sub(edit(tf.clone(batch)), batch))))
  const batches = [
    [1, 3, 3, 1],
    [2, 2, 0, 0],
  ].map((values) => tf.tensor(values, [1, 2, 2]))

  it('measures the network as it is, rebuilt, and without', async () => {
    const before = tf.memory().numTensors
    const half = (x: tf.Tensor) => {
      expect(x.shape).toEqual([2, 2])
      return tf.mul(x, 0.5)
    }
    expect(await spliceLosses(batches, { run, reconstruct: half })).toEqual({
      original: 0,
      spliced: 0.875,
      ablated: 3.5,
    })
    expect(tf.memory().numTensors).toBe(before)
  })

  it('does not measure again what is known', async () => {
    let runs = 0
    const losses = await spliceLosses(batches, {
      run: (batch, edit) => {
        runs++
        return run(batch, edit)
      },
      reconstruct: (x) => tf.mul(x, 0.5),
      known: { original: 7, ablated: 8 },
    })
    expect(losses).toEqual({ original: 7, spliced: 0.875, ablated: 8 })
    expect(runs).toBe(2)
  })

  it('takes the mean in place of zeros, and weighs batches', async () => {
    const losses = await spliceLosses(batches, {
      run,
      reconstruct: (x) => x,
      mean: tf.tensor1d([2, 2]),
      tokens: (batch) => (batch === batches[0] ? 3 : 1),
    })
    expect(losses.ablated).toBeCloseTo((3 * 1 + 2) / 4, 6)
    await expect(spliceLosses([], { run, reconstruct: (x) => x })).rejects.toThrow('none came')
  })
})
