import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Rng } from '../rng.ts'
import { binarise } from './binarise.ts'

beforeAll(() => tf.setBackend('cpu'))

describe('binarise', () => {
  it('draws ones as often as the grey value says, anew at every call', () => {
    const grey = tf.fill([20_000], 0.3)
    const rng = new Rng(1)
    const [first, second] = [binarise(grey, { rng }), binarise(grey, { rng })]
    expect(tf.mean(first).dataSync()[0]).toBeCloseTo(0.3, 1)
    expect([...new Set(first.dataSync())].sort()).toEqual([0, 1])
    expect([...second.dataSync()]).not.toEqual([...first.dataSync()])
  })

  it('cuts at a threshold, and refuses one that is no number', () => {
    const x = tf.tensor1d([0.2, 0.5, 0.7])
    expect([...binarise(x, { threshold: 0.5 }).dataSync()]).toEqual([0, 0, 1])
    expect(() => binarise(x, { threshold: Number.NaN })).toThrow('threshold NaN came')
  })
})
