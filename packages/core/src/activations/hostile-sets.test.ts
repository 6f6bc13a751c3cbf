import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { fuzzActivations } from './testing/hostile-sets.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

// Many more in hostile-sets.fuzz.slow.test.ts.
it.each(['index.json', 'activations-00001.safetensors'] as const)(
  'a spoiled %s is read or refused in words',
  async (file) => {
    const { read, refused } = await fuzzActivations(file, 2000, 1)
    expect(read).toBeGreaterThan(20)
    expect(refused).toBeGreaterThan(500)
  },
)
