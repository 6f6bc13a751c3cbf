import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Parameter } from './slot.ts'

beforeAll(() => tf.setBackend('cpu'))

describe('Slot', () => {
  it('owns its tensor and refuses another shape or dtype', () => {
    const parameter = new Parameter(tf.tensor1d([1, 2]))
    const before = tf.memory().numTensors
    tf.tidy(() => parameter.assign(tf.tensor1d([3, 4])))
    expect(tf.memory().numTensors).toBe(before)
    expect([...parameter.value.dataSync()]).toEqual([3, 4])
    parameter.assign(parameter.value)
    expect(parameter.value.isDisposed).toBe(false)
    expect(() => parameter.assign(tf.zeros([3]))).toThrow(
      'assign: a float32 tensor of shape [3] came, the slot holds float32 [2]',
    )
    expect(() => parameter.assign(tf.zeros([2], 'int32'))).toThrow('a int32 tensor')
  })
})
