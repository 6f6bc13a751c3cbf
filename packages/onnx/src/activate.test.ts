import * as tf from '@tensorflow/tfjs-core'
import { WinnowError } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import type { Provider } from './activate.ts'
import { activate, chooseProvider } from './activate.ts'
import { loadNative } from './native.ts'
import { OnnxRunner } from './runner.ts'

const offering = (...names: [string, boolean][]) =>
  ({
    ort: { listSupportedBackends: () => names.map(([name, bundled]) => ({ name, bundled })) },
  }) as never

describe('providers', () => {
  it('the first that is there is taken', () => {
    expect(chooseProvider(['cuda', 'cpu'], offering(['cuda', true]))).toBe('cuda')
    expect(chooseProvider(['cuda', 'cpu'], offering(['cuda', false]))).toBe('cpu')
    expect(chooseProvider(['webgpu'], offering(['webgpu', true]))).toBe('webgpu')
  })
  it('a refusal says why', () => {
    expect(() => chooseProvider(['cuda', 'webgpu'], offering(['cuda', false]))).toThrow(
      /cuda: its library.*webgpu: this build/,
    )
    expect(() => chooseProvider(['coreml' as Provider], offering())).toThrow(
      /'coreml' is not known.*cpu, cuda, webgpu/,
    )
  })
})

describe('activate', () => {
  it('says where it runs, twice the same, and refuses wrong threads', async () => {
    expect(await activate({ threads: 2 })).toEqual({ device: 'cpu (2 threads)' })
    const first = tf.backend()
    await activate({ threads: 2 })
    expect(tf.backend()).toBe(first)
    await expect(activate({ threads: 0 })).rejects.toThrow(WinnowError)
    expect(await activate({ threads: 1 })).toEqual({ device: 'cpu (1 thread)' })
    expect(tf.backend()).not.toBe(first)
    const y = tf.tidy(() => tf.exp(tf.zeros([2])))
    expect(Array.from(await y.data())).toEqual([1, 1])
    y.dispose()
  })
})

describe('without the native binding', () => {
  it('asynchronous reads and programs work, dataSync says what to do', async () => {
    const { GraphBackend, GraphTracer, registerGraphKernels } = await import('@winnow/graph')
    const { ort } = await loadNative()
    const runner = new OnnxRunner({ ort, binding: undefined }, () => ({
      executionProviders: ['cpu'],
    }))
    const backend = new GraphBackend(runner)
    registerGraphKernels('onnx-asynchronous')
    tf.registerBackend('onnx-asynchronous', () => backend)
    await tf.setBackend('onnx-asynchronous')
    const x = tf.tensor1d([1, 2])
    const [y, z] = tf.tidy(() => [tf.add(x, 1), tf.mul(x, 3)] as const)
    expect(() => z.dataSync()).toThrow(/await tensor.data\(\)/)
    tf.dispose([y, z])
    const [p, q] = tf.tidy(() => [tf.add(x, 1), tf.mul(x, 3)] as const)
    const first = p.data()
    const later = tf.tidy(() => tf.add(q, p))
    expect(Array.from(await later.data())).toEqual([5, 9])
    expect(Array.from(await first)).toEqual([2, 3])
    const trace = new GraphTracer(backend).begin()
    const program = tf.engine().tidy(() => {
      const input = trace.input([2], 'float32')
      return { program: trace.finish([tf.neg(input)]) } as never
    }) as { program: ReturnType<typeof trace.finish> }
    const results = await program.program.run([later])
    expect(Array.from(await (results[0] as tf.Tensor).data())).toEqual([-5, -9])
    program.program.dispose()
    tf.dispose([x, p, q, later, results])
    await activate({ threads: 2 })
    tf.removeBackend('onnx-asynchronous')
  })
})
