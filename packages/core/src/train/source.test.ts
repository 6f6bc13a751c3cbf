import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { checkItems, inputsOf } from './source.ts'

describe('inputsOf', () => {
  it('is the tensor, or the field of a record', () => {
    const x = tf.ones([2, 3])
    expect(inputsOf(x)).toBe(x)
    expect(inputsOf({ inputs: x, labels: tf.zeros([2]) })).toBe(x)
  })

  it('names the fields of a record without inputs', () => {
    expect(() => inputsOf({ queries: tf.ones([1]), documents: tf.ones([1]) })).toThrow(
      "batch: the fields queries, documents came, expected 'inputs' among them",
    )
  })
})

describe('checkItems', () => {
  it('takes items of the shape, however many, and says which option another shape breaks', () => {
    const items = { data: new Float32Array(12), shape: [2, 3, 2] }
    expect(() => checkItems('VAE', items, { input: [3, 2] })).not.toThrow()
    expect(() => checkItems('VAE', items, { input: [2, 3] })).toThrow(
      'VAE: data: items of shape [3,2] came, expected input: [2,3]',
    )
  })
})
