import '@tensorflow/tfjs-backend-cpu'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, expect, test } from 'vitest'
import { useBackend } from '../backend/use-backend.ts'
import { fromArrays } from '../data/dataset.ts'
import { Module } from '../module.ts'
import { Rng } from '../rng.ts'
import { Parameter } from '../slot.ts'
import { openActivations } from './activation-set.ts'
import { collectActivations } from './collect.ts'
import { memoryStore } from './store.ts'

afterAll(async () => {
  await tf.setBackend('cpu')
})

class Layer extends Module {
  readonly weight: Parameter
  constructor(rng: Rng) {
    super()
    this.weight = new Parameter(rng.normal([8, 8], { deviation: 0.5 }))
  }
  forward(x: Tensor): Tensor {
    return tf.relu(tf.matMul(x, this.weight.value))
  }
}

class Two extends Module {
  readonly layers: readonly Layer[]
  constructor(rng: Rng) {
    super()
    this.layers = [new Layer(rng.split()), new Layer(rng.split())]
  }
  forward(x: Tensor): Tensor {
    return this.layers.reduce((y, layer) => layer.forward(y), x)
  }
}

const collected = async (): Promise<number[]> => {
  using model = new Two(new Rng(1))
  const store = memoryStore()
  const data = fromArrays({ data: new Rng(2).normalValues(20 * 8), shape: [20, 8] })
  await collectActivations(model, data, { at: 'layers.0', store, batch: 8, shardRows: 6 })
  const set = await openActivations(store)
  const values: number[] = []
  for await (const { inputs } of set.batches({ size: 5, seed: 1, memoryRows: 12 })) {
    values.push(...inputs.data)
  }
  return values
}

test('activations are collected on WebGPU into a store and read again, as on cpu', async () => {
  await useBackend('cpu')
  const expected = await collected()
  expect(expected).toHaveLength(20 * 8)
  await useBackend({ name: 'webgpu', software: true })
  const values = await collected()
  // As far as float16 tells.
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i] as number, 2)
})

test('a folder is refused in words', async () => {
  await useBackend('cpu')
  const data = fromArrays({ data: new Float32Array(8), shape: [4, 2] })
  const identity = (x: Tensor): Tensor => tf.clone(x)
  await expect(collectActivations(identity, data, { folder: 'activations' })).rejects.toThrow(
    'there are no files in a browser',
  )
})
