import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { GraphMemory } from '@winnow/graph'
import { GraphBackend } from '@winnow/graph'
import { beforeEach, describe, expect, it } from 'vitest'
import { activate } from './activate.ts'
import type { OnnxBackend } from './backend.ts'
import { loadNative } from './native.ts'
import { OnnxRunner } from './runner.ts'

const memory = (): GraphMemory & tf.MemoryInfo =>
  tf.memory() as unknown as GraphMemory & tf.MemoryInfo
const backend = (): OnnxBackend => tf.backend() as OnnxBackend

beforeEach(async () => {
  await activate({ threads: 2 })
  // Scalars that tfjs makes of numbers outside a tidy stay behind.
  tf.engine().startScope()
  return () => {
    tf.engine().endScope()
    expect(tf.memory().numTensors).toBe(0)
    expect(backend().numDataIds()).toBe(0)
  }
})

describe('lazy eager use', () => {
  it('runs nothing until a value is read, then all at once', async () => {
    const x = tf.tensor1d([1, 2, 3])
    const y = tf.mul(tf.add(x, 1), 2)
    expect(memory().pendingNodes).toBe(2)
    expect(Array.from(await y.data())).toEqual([4, 6, 8])
    expect(memory().pendingNodes).toBe(0)
    tf.dispose([x, y])
  })

  it('keeps what pending nodes read, though its tensor is disposed', async () => {
    const x = tf.tensor1d([1, 2, 3])
    const y = tf.exp(x)
    const z = tf.tidy(() => tf.add(tf.mul(y, y), x))
    tf.dispose([x, y])
    const expected = [1, 2, 3].map((v) => Math.exp(v) ** 2 + v)
    for (const [i, value] of Array.from(await z.data()).entries())
      expect(value).toBeCloseTo(expected[i] as number, 3)
  })

  it('does not compute what was disposed', () => {
    const x = tf.tensor1d([1, 2, 3])
    const [sum] = [tf.sum(x)]
    tf.dispose(tf.exp(x))
    expect(sum.dataSync()[0]).toBe(6)
    tf.dispose([x, sum])
  })

  it('runs unasked past the bound of nodes, and past that of bytes', async () => {
    const native = await loadNative()
    const runner = new OnnxRunner(native, () => ({ executionProviders: ['cpu'] }))
    for (const bounds of [
      { nodes: 10, bytes: 2 ** 30 },
      { nodes: 1000, bytes: 4000 },
    ]) {
      tf.registerBackend('onnx-bounded', () => new GraphBackend(runner, bounds))
      for (const kernel of tf.getKernelsForBackend('onnx'))
        tf.registerKernel({ ...kernel, backendName: 'onnx-bounded' })
      await tf.setBackend('onnx-bounded')
      let most = 0
      let x: tf.Tensor = tf.zeros([100])
      for (let i = 0; i < 50; i++) {
        const next = tf.add(x, tf.scalar(i))
        x.dispose()
        x = next
        most = Math.max(most, memory().pendingNodes)
      }
      expect(most).toBeLessThanOrEqual(10)
      expect((await x.data())[0]).toBe(1225)
      await tf.setBackend('onnx')
      tf.removeBackend('onnx-bounded')
      for (const { kernelName } of tf.getKernelsForBackend('onnx-bounded'))
        tf.unregisterKernel(kernelName, 'onnx-bounded')
    }
    runner.dispose()
    tf.disposeVariables()
  })

  it('reuses the session of an equal structure, whatever the values', async () => {
    const step = async (value: number): Promise<number> => {
      const y = tf.tidy(() => tf.sum(tf.mul(tf.fill([4], value), tf.tensor1d([1, 2, 3, value]))))
      const [result] = await y.data()
      y.dispose()
      return result as number
    }
    await step(1)
    const { sessions } = memory()
    const x = tf.tensor1d([1, 2, 3, 4])
    for (let i = 0; i < 5; i++) {
      const y = tf.tidy(() => tf.sum(tf.mul(x, tf.scalar(i))))
      expect((await y.data())[0]).toBe(10 * i)
      y.dispose()
    }
    x.dispose()
    expect(memory().sessions).toBe(sessions + 1)
  })

  it('trains eagerly without a leak', async () => {
    const w = tf.variable(tf.randomNormal([5, 3], 0, 1, 'float32', 1))
    const x = tf.randomNormal([8, 5], 0, 1, 'float32', 2)
    let before: object | undefined
    let sessions = 0
    const counts = () => ({ tensors: tf.memory().numTensors, ids: backend().numDataIds() })
    for (let i = 0; i < 60; i++) {
      const loss = tf.tidy(() => {
        const product = tf.matMul(x as tf.Tensor2D, w as unknown as tf.Tensor2D)
        const gradient = tf.matMul(x as tf.Tensor2D, product, true)
        w.assign(tf.sub(w, tf.mul(gradient, 0.01)) as never)
        return tf.sum(tf.square(product))
      })
      await loss.data()
      loss.dispose()
      if (i === 2) {
        sessions = memory().sessions
        before = counts()
      }
    }
    expect(counts()).toEqual(before)
    expect(memory().sessions).toBe(sessions)
    expect(memory().pendingNodes).toBe(0)
    w.dispose()
    x.dispose()
  })

  it('shares data between a tensor, its clone and its reshape', async () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ])
    const [clone, flat] = [tf.clone(x), tf.reshape(x, [4])]
    expect(memory().pendingNodes).toBe(0)
    x.dispose()
    const y = tf.add(flat, 1)
    expect(Array.from(await y.data())).toEqual([2, 3, 4, 5])
    expect(Array.from(await clone.data())).toEqual([1, 2, 3, 4])
  })

  it('takes tensors over from another backend', async () => {
    await tf.setBackend('cpu')
    const x = tf.tensor1d([1, 2])
    await tf.setBackend('onnx')
    const y = tf.add(x, 1)
    expect(Array.from(await y.data())).toEqual([2, 3])
    tf.dispose([x, y])
  })
})

describe('a kernel of several outputs at the bound', () => {
  it('runs once, with all of them', async () => {
    const native = await loadNative()
    const runner = new OnnxRunner(native, () => ({ executionProviders: ['cpu'] }))
    tf.registerBackend('onnx-bound', () => new GraphBackend(runner, { nodes: 2, bytes: 2 ** 20 }))
    for (const kernel of tf.getKernelsForBackend('onnx'))
      tf.registerKernel({ ...kernel, backendName: 'onnx-bound' })
    await tf.setBackend('onnx-bound')
    const read = tf.tidy(() => {
      const x = tf.exp(tf.exp(tf.tensor1d([0, 1, 2, 3])))
      const [a, b] = tf.split(x, 2) as [tf.Tensor, tf.Tensor]
      return tf.concat([b, tf.add(tf.mul(a, 0), 1)])
    })
    const values = Array.from(await read.data())
    read.dispose()
    await tf.setBackend('onnx')
    tf.removeBackend('onnx-bound')
    for (const { kernelName } of tf.getKernelsForBackend('onnx-bound'))
      tf.unregisterKernel(kernelName, 'onnx-bound')
    expect(values[0]).toBeCloseTo(Math.exp(Math.exp(2)), 1)
    expect(values.slice(2)).toEqual([1, 1])
  })
})

describe('sessions', () => {
  it('stay within their bounds over many shapes', async () => {
    const native = await loadNative()
    const runner = new OnnxRunner(native, () => ({ executionProviders: ['cpu'] }), {
      sessions: 8,
      bytes: 2 ** 20,
    })
    tf.registerBackend('onnx-few', () => new GraphBackend(runner))
    for (const kernel of tf.getKernelsForBackend('onnx'))
      tf.registerKernel({ ...kernel, backendName: 'onnx-few' })
    await tf.setBackend('onnx-few')
    for (let batch = 1; batch <= 40; batch++) {
      const y = tf.tidy(() => tf.sum(tf.exp(tf.zeros([batch, 3]))))
      expect((await y.data())[0]).toBe(batch * 3)
      y.dispose()
      expect(memory().sessions).toBeLessThanOrEqual(8)
    }
    expect(memory().sessionBytes).toBeLessThanOrEqual(2 ** 20)
    // One that takes more than a quarter of the bytes is not kept.
    const large = tf.tidy(() => tf.exp(tf.range(0, 90_000)))
    await large.data()
    large.dispose()
    expect(memory().sessionBytes).toBeLessThan(2 ** 18)
    await tf.setBackend('onnx')
    tf.removeBackend('onnx-few')
    for (const { kernelName } of tf.getKernelsForBackend('onnx-few'))
      tf.unregisterKernel(kernelName, 'onnx-few')
  })
})

describe('values on the host', () => {
  it('updates a tensor in place, and what others hold stays', async () => {
    const x = tf.tensor1d([1, 2, 3])
    const held = (await x.data()) as Float32Array
    const pending = tf.mul(x, 10)
    const storage = backend().hostValues(x.dataId) as Float32Array
    storage.fill(7)
    expect(Array.from(held)).toEqual([1, 2, 3])
    expect(Array.from(await pending.data())).toEqual([10, 20, 30])
    expect(Array.from(await x.data())).toEqual([7, 7, 7])
    const clone = tf.clone(x)
    expect(backend().hostValues(x.dataId)).toBeUndefined()
    tf.dispose([x, pending, clone])
  })

  it('moves a tensor into storage of the caller', async () => {
    const x = tf.tensor1d([1, 2, 3])
    const storage = new Float32Array(3)
    expect(backend().placeValues(x.dataId, storage)).toBe(true)
    const read = await x.data()
    storage[0] = 5
    expect(Array.from(read)).toEqual([1, 2, 3])
    expect(Array.from(await x.data())).toEqual([5, 2, 3])
    expect(backend().hostValues(x.dataId)).toBe(storage)
    expect(() => backend().placeValues(x.dataId, new Float32Array(2))).toThrow(/storage/)
    x.dispose()
  })
})
