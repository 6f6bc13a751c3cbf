/** Results where they shall lie, without a copy. */
import * as tf from '@tensorflow/tfjs-core'
import type { Program, Trace } from '@winnow/core'
import { activeTracer, compile, WinnowError } from '@winnow/core'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { activate } from './activate.ts'
import { refusal, SEQUENCE } from './direct-outputs.ts'
import type { Native } from './native.ts'
import { loadNative } from './native.ts'

beforeAll(async () => {
  await activate({ threads: 2 })
})

/** Enough that copies are worth avoiding. */
const many = 2 ** 15

function record(fn: (trace: Trace) => tf.Tensor[]): Program {
  const trace = activeTracer()?.begin() as Trace
  let program: Program | undefined
  tf.tidy(() => {
    program = trace.finish(fn(trace))
  })
  return program as unknown as Program
}

describe('the refusal of results', () => {
  it('comes from the runtime that is installed', async () => {
    const native = await loadNative()
    expect(refusal(native, { executionProviders: ['cpu'] })).toMatch(/[Nn]on.tensor/)
    expect(refusal(native, { executionProviders: ['webgpu', 'cpu'] })).toBeUndefined()
    expect(refusal({ ...native, binding: undefined }, {})).toBeUndefined()
  })

  it('is not waited for where a runtime returns them, or leaves the arrays alone', async () => {
    const { ort } = await loadNative()
    const runs = [
      vi.fn(() => ({ [SEQUENCE]: [] })),
      vi.fn(() => {
        throw new Error('before the computation')
      }),
    ]
    for (const run of runs) {
      const Session = class {
        run = run
        loadModel(): void {}
        endProfiling(): void {}
        dispose(): void {}
      }
      const binding = { binding: { InferenceSession: Session }, initOrt: () => undefined }
      expect(
        refusal({ ort, binding } as unknown as Native, { executionProviders: ['cpu'] }),
      ).toBeUndefined()
      expect(run).toHaveBeenCalledOnce()
    }
  })
})

describe('programs with large results', () => {
  it('give arrays of their own at every run', async () => {
    using call = compile((x: tf.Tensor) => [tf.add(x, 1), tf.sum(x)])
    const results = []
    for (const start of [0, 1]) results.push(await call(tf.range(start, start + many)))
    const values = await Promise.all(results.flat().map((tensor) => tensor.data()))
    expect(values.map(([first]) => first)).toEqual([1, 536854528, 2, 536887296])
    expect([values[0]?.[many - 1], values[2]?.[many - 1]]).toEqual([many, many + 1])
  })

  it('still tell what went wrong in a run', async () => {
    using call = compile((x: tf.Tensor1D, at: tf.Tensor1D) => tf.add(tf.gather(x, at), 1))
    const at = tf.fill([many], 7, 'int32') as tf.Tensor1D
    await expect(call(tf.tensor1d([1, 2, 3]), at)).rejects.toThrow(/out of data bounds/)
  })
})

describe('storage of results', () => {
  it('is filled at every run, and readers get copies', async () => {
    const program = record((trace) => {
      const x = trace.input([many], 'float32')
      return [tf.add(x, 1), tf.sum(x)]
    })
    const storage = new Float32Array(many)
    const read = []
    for (const value of [3, 4]) {
      const [next, sum] = (await program.run([tf.fill([many], value)], [storage])) as [
        tf.Tensor,
        tf.Tensor,
      ]
      expect(storage[many - 1]).toBe(value + 1)
      expect((await sum.data())[0]).toBe(many * value)
      read.push(await next.data())
      tf.dispose([next, sum])
    }
    expect(read.map((values) => values[0])).toEqual([4, 5])
    program.dispose()
  })

  it('holds small results, inputs and repeated ones as well', async () => {
    const program = record((trace) => {
      const x = trace.input([2], 'float32')
      const y = tf.mul(x, 2)
      return [y, y, x]
    })
    const storage = [0, 1, 2].map(() => new Float32Array(2))
    const x = tf.tensor1d([1, 2])
    const results = await program.run([x], storage)
    expect(await Promise.all(results.map(async (t) => [...(await t.data())]))).toEqual([
      [2, 4],
      [2, 4],
      [1, 2],
    ])
    expect([...(storage[2] as Float32Array)]).toEqual([1, 2])
    storage[2]?.fill(9)
    expect([...(await x.data())]).toEqual([1, 2])
    program.dispose()
  })

  it('is not given to what a host call was shown, which may keep it', async () => {
    const shown: unknown[] = []
    const program = record((trace) => {
      const x = tf.mul(trace.input([many], 'float32'), 2)
      const [seen] = trace.hostCall(
        (array) => {
          shown.push(array)
          return [Float32Array.of(1)]
        },
        [x],
        [{ shape: [1], dtype: 'float32' }],
      ) as [tf.Tensor]
      return [x, seen]
    })
    const storage = new Float32Array(many)
    const [x] = await program.run([tf.ones([many])], [storage])
    expect(shown[0]).not.toBe(storage)
    expect((await (x as tf.Tensor).data())[0]).toBe(2)
    program.dispose()
  })

  it.each([
    ['length', new Float32Array(3)],
    ['kind', new Int32Array(2)],
  ])('must have the output’s %s', async (_, storage) => {
    const program = record((trace) => [tf.mul(trace.input([2], 'float32'), 2)])
    const run = program.run([tf.ones([2])], [storage])
    await expect(run).rejects.toThrow(/into\[0\]: .* came, the output is float32 \[2\]/)
    await expect(run).rejects.toBeInstanceOf(WinnowError)
    program.dispose()
  })
})
