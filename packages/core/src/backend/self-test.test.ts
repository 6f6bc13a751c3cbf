import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { prepareBackend } from './prepare.ts'
import { selfTest } from './self-test.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

/** Spoils what one kernel computes, from the given call of it on, for the time of `work`. */
const spoiling = async (kernel: string, from: number, work: () => Promise<void>) => {
  const config = tf.getKernel(kernel, 'cpu')
  const { kernelFunc } = config
  let calls = 0
  config.kernelFunc = (args) => {
    const output = kernelFunc(args) as tf.TensorInfo
    const backend = tf.engine().backend as unknown as {
      data: Map<object, { values: Float32Array }>
    }
    if (++calls >= from) (backend.data.get(output.dataId)?.values as Float32Array)[0] = 1
    return output
  }
  try {
    await work()
  } finally {
    config.kernelFunc = kernelFunc
  }
}

describe('selfTest', () => {
  it('passes on a sound backend and leaves nothing behind', async () => {
    const before = tf.memory().numTensors
    await selfTest()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('notices a product and a gradient with one wrong number, and leaves nothing behind', async () => {
    const before = tf.memory().numTensors
    await spoiling('BatchMatMul', 1, () =>
      expect(selfTest()).rejects.toThrow('the self-test failed: a matrix product gave'),
    )
    // The product, the product of the loss, and that of its gradient.
    await spoiling('BatchMatMul', 3, () =>
      expect(selfTest()).rejects.toThrow(
        'the self-test failed: the gradient of a matrix product gave 1, expected 28800',
      ),
    )
    expect(tf.memory().numTensors).toBe(before)
  })
})
