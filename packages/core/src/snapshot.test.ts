import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Module } from './module.ts'
import { Parameter, State } from './slot.ts'
import { copy, Snapshot } from './snapshot.ts'

beforeAll(() => tf.setBackend('cpu'))

class Pair extends Module {
  readonly weight = new Parameter(tf.tensor1d([1, 2]))
  readonly on = new State(tf.tensor1d([true, false], 'bool'))
  readonly count = new State(tf.scalar(3, 'int32'))
}

describe('Snapshot', () => {
  it('goes back, as often as asked, and leaves nothing behind', () => {
    const model = new Pair()
    const before = tf.memory().numTensors
    const snapshot = Snapshot.of(model)
    for (const value of [7, 8]) {
      model.weight.assign(tf.fill([2], value))
      model.count.assign(tf.scalar(value, 'int32'))
      snapshot.restore()
      expect([...model.weight.value.dataSync()]).toEqual([1, 2])
      expect([...model.on.value.dataSync()]).toEqual([1, 0])
      expect(model.count.value.dataSync()[0]).toBe(3)
    }
    expect([...snapshot.tensors(model).keys()]).toEqual(['weight', 'on', 'count'])
    snapshot.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('copies into memory of its own', () => {
    const values = Float32Array.of(1, 2)
    const original = tf.tensor1d(values)
    const copied = copy(original)
    values[0] = 9
    expect([...copied.dataSync()]).toEqual([1, 2])
  })
})
