import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { gradient, higherOrder, logSoftmax, prepareBackend, Rng, useBackend } from '@winnow/core'
import { checkGradient } from '@winnow/core/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { tokenLosses } from './token-losses.ts'

beforeEach(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

const rng = (): Rng => new Rng(4)
const ids = (): tf.Tensor => tf.tensor1d([2, 0, 2, 2, 4], 'int32')
const values = (x: tf.Tensor): number[] => [...x.dataSync()]
const byLogSoftmax = (hidden: tf.Tensor, table: tf.Tensor, targets: tf.Tensor): tf.Tensor => {
  const logs = logSoftmax(tf.matMul(hidden as tf.Tensor2D, table as tf.Tensor2D, false, true))
  return tf.neg(
    tf.sum(tf.mul(logs, tf.oneHot(targets as tf.Tensor1D, table.shape[0] as number)), -1),
  )
}

describe('tokenLosses', () => {
  it('are the negative log softmax at the targets', () => {
    const [hidden, table] = [rng().normal([5, 3]), rng().normal([6, 3], { deviation: 2 })]
    const expected = values(byLogSoftmax(hidden, table, ids()))
    for (const [i, nats] of values(tokenLosses(hidden, table, ids())).entries()) {
      expect(nats).toBeCloseTo(expected[i] as number, 5)
    }
  })

  it('have the right gradient, repeated targets added up, and a second one where it is asked for', () => {
    const [hidden, table] = [rng().normal([5, 3]), rng().normal([6, 3])]
    checkGradient((h, e) => tokenLosses(h, e, ids()), [hidden, table])
    checkGradient((h, e) => higherOrder(() => tokenLosses(h, e, ids())), [hidden, table], {
      order: 2,
    })
  })

  it.each([3000, -3000])('stay exact where a token is out of all proportion: %d', (logit) => {
    const [hidden, table] = [tf.tensor2d([[1]]), tf.tensor2d([[logit], [0]])]
    const targets = tf.tensor1d([0], 'int32')
    expect(values(tokenLosses(hidden, table, targets))).toEqual([Math.max(0, -logit)])
    const [slope] = gradient(() => tf.sum(tokenLosses(hidden, table, targets)), [table])
    expect(values(slope as tf.Tensor)).toEqual(logit > 0 ? [0, 0] : [-1, 1])
  })

  it('agree on onnx, with many repeats', async () => {
    const run = async (backend: string): Promise<number[]> => {
      await useBackend(backend)
      const [hidden, table] = [rng().normal([400, 8]), rng().normal([300, 8])]
      const targets = new Rng(5).integers([400], { low: 0, high: 4 })
      const slopes = gradient(() => tf.mean(tokenLosses(hidden, table, targets)), [hidden, table])
      return slopes.flatMap(values)
    }
    const [cpu, onnx] = [await run('cpu'), await run('onnx')]
    const largest = Math.max(...cpu.map(Math.abs))
    for (const [i, slope] of onnx.entries()) {
      expect(Math.abs(slope - (cpu[i] as number)) / largest).toBeLessThan(1e-5)
    }
  })

  it('leave nothing behind, and refuse shapes that do not fit', () => {
    const [hidden, table, targets] = [rng().normal([5, 3]), rng().normal([6, 3]), ids()]
    const before = tf.memory().numTensors
    tokenLosses(hidden, table, targets).dispose()
    expect(tf.memory().numTensors).toBe(before)
    for (const [h, e, t] of [
      [hidden, rng().normal([6, 4]), targets],
      [hidden, table, tf.tensor1d([1, 2], 'int32')],
      [hidden, table, tf.cast(targets, 'float32')],
    ] as const) {
      expect(() => tokenLosses(h, e, t)).toThrow('tokenLosses: hidden [5,3], embedding')
    }
  })
})
