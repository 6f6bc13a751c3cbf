import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { Module } from '../module.ts'
import { Rng } from '../rng.ts'
import { Parameter } from '../slot.ts'
import { deadUnitWarnings } from './dead-units.ts'

beforeAll(() => tf.setBackend('cpu'))

class Rectified extends Module {
  readonly weight = new Parameter(new Rng(1).normal([4, 8]))
  readonly bias: Parameter
  constructor(dead: number) {
    super()
    this.bias = new Parameter(
      tf.tensor1d(Array.from({ length: 8 }, (_, i) => (i < dead ? -100 : 0))),
    )
  }
  forward(x: tf.Tensor): tf.Tensor {
    return tf.relu(
      tf.add(tf.matMul(x as tf.Tensor2D, this.weight.value as tf.Tensor2D), this.bias.value),
    )
  }
}

class Net extends Module {
  readonly layer: Rectified
  constructor(dead: number) {
    super()
    this.layer = new Rectified(dead)
  }
  forward(x: tf.Tensor): tf.Tensor {
    return this.layer.forward(x)
  }
}

describe('dead units', () => {
  it('are counted and named once each, where most of a layer is dead', async () => {
    const x = new Rng(2).normal([64, 4])
    const before = tf.memory().numTensors
    const [sick, well] = [new Net(7), new Net(5)]
    expect(await deadUnitWarnings(sick, new Rng(0), () => sick.forward(x))).toEqual([
      'dead units: 7 of 8 in the output of layer (Rectified).forward are zero for every example of a batch; ' +
        'lower the learning rate, or take an activation that leaks',
    ])
    expect(await deadUnitWarnings(well, new Rng(0), () => well.forward(x))).toEqual([])
    sick.dispose()
    well.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
