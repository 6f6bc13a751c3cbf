import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { fuzzActivations } from './testing/hostile-sets.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

it.each(['index.json', 'activations-00001.safetensors'] as const)(
  '100,000 times a spoiled %s',
  async (file) => {
    const { read, refused } = await fuzzActivations(file, 100_000, 2)
    expect(read).toBeGreaterThan(500)
    expect(refused).toBeGreaterThan(10_000)
  },
)
