import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { Program, Trace } from '@winnow/core'
import { activeTracer, WinnowError } from '@winnow/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { activate } from './activate.ts'

beforeEach(async () => {
  await activate({ threads: 2 })
})

function record(fn: (trace: Trace) => tf.Tensor[]): Program {
  const trace = activeTracer()?.begin() as Trace
  let program: Program | undefined
  try {
    tf.tidy(() => {
      program = trace.finish(fn(trace))
    })
  } catch (error) {
    trace.abort()
    throw error
  }
  return program as unknown as Program
}

const valuesOf = async (tensors: tf.Tensor[]): Promise<number[][]> => {
  const all = await Promise.all(tensors.map(async (t) => Array.from(await t.data())))
  tf.dispose(tensors)
  return all
}

describe('programs', () => {
  it('run on feeds, again and again, and leave nothing behind', async () => {
    const program = record((trace) => {
      const x = trace.input([3], 'float32')
      return [tf.mul(x, 2), tf.sum(x)]
    })
    for (let i = 0; i < 3; i++) {
      const x = tf.tensor1d([1, 2, i])
      expect(await valuesOf(await program.run([x]))).toEqual([[2, 4, 2 * i], [3 + i]])
      x.dispose()
    }
    program.dispose()
    expect(tf.memory().numTensors).toBe(0)
    expect(tf.backend().numDataIds()).toBe(0)
  })

  it('read captured tensors with their present values, disposed or pending', async () => {
    const w = tf.tensor1d([1, 2])
    const pending = tf.add(w, 1)
    const program = record((trace) => [tf.add(tf.mul(trace.input([2], 'float32'), w), pending)])
    tf.dispose([w, pending])
    const x = tf.tensor1d([10, 10])
    expect(await valuesOf(await program.run([x]))).toEqual([[12, 23]])
    x.dispose()
    program.dispose()
    expect(tf.memory().numTensors).toBe(0)
    expect(tf.backend().numDataIds()).toBe(0)
  })

  it('return inputs, constants, captured tensors and the same tensor twice as tensors of their own', async () => {
    const w = tf.tensor1d([5])
    const program = record((trace) => {
      const x = trace.input([1], 'float32')
      const y = tf.add(x, 1)
      return [x, tf.zeros([2]), tf.tensor1d([4, 5]), w, y, y]
    })
    const x = tf.tensor1d([1])
    const results = await program.run([x])
    expect(new Set(results.map(({ dataId }) => dataId)).size).toBe(6)
    expect(await valuesOf(results)).toEqual([[1], [0, 0], [4, 5], [5], [2], [2]])
    expect(Array.from(await x.data())).toEqual([1])
    tf.dispose([x, w])
    program.dispose()
  })

  it('are fed by tensors that are still pending', async () => {
    const program = record((trace) => [tf.neg(trace.input([1], 'float32'))])
    const x = tf.tidy(() => tf.exp(tf.zeros([1])))
    expect(await valuesOf(await program.run([x]))).toEqual([[-1]])
    x.dispose()
    program.dispose()
  })

  it('compute equal subexpressions once', () => {
    const program = record((trace) => {
      const x = trace.input([4], 'float32')
      return [tf.add(tf.exp(tf.mul(x, 3)), tf.exp(tf.mul(x, 3)))]
    }) as Program & { nodeCounts: number[] }
    expect(program.nodeCounts).toEqual([3])
    program.dispose()
  })

  it('refuse wrong feeds and use after the end', async () => {
    const program = record((trace) => [tf.neg(trace.input([2], 'float32'))])
    const x = tf.tensor1d([1, 2, 3])
    await expect(program.run([x])).rejects.toThrow(/feeds\[0\].*\[3\].*\[2\]/)
    await expect(program.run([])).rejects.toThrow(WinnowError)
    program.dispose()
    await expect(program.run([x])).rejects.toThrow(/disposed/)
    x.dispose()
  })
})

describe('reading inside a trace', () => {
  it('throws and names hostCall', async () => {
    expect(() =>
      record((trace) => [tf.scalar(tf.exp(trace.input([1], 'float32')).dataSync()[0] as number)]),
    ).toThrow(/hostCall/)
    let kept: tf.Tensor | undefined
    const program = record((trace) => {
      kept = tf.keep(tf.exp(trace.input([1], 'float32')))
      return [kept]
    })
    expect(() => tf.add(kept as tf.Tensor, 1)).toThrow(/after the trace has ended/)
    await expect((kept as tf.Tensor).data()).rejects.toThrow(WinnowError)
    kept?.dispose()
    program.dispose()
    expect(tf.memory().numTensors).toBe(0)
  })

  it('cannot be nested, and an abort ends the recording', () => {
    const trace = activeTracer()?.begin() as Trace
    expect(() => activeTracer()?.begin()).toThrow(/nested/)
    trace.abort()
    expect(() => trace.input([1], 'float32')).toThrow(/ended/)
  })
})

describe('host calls', () => {
  it('split the program, and values cross from part to part', async () => {
    const seen: number[][] = []
    const program = record((trace) => {
      const x = trace.input([3], 'float32')
      const y = tf.mul(x, 2)
      const early = tf.exp(x)
      const [sorted] = trace.hostCall(
        (values) => {
          seen.push(Array.from(values as Float32Array))
          return [Float32Array.from(values as Float32Array).sort()]
        },
        [y],
        [{ shape: [3], dtype: 'float32' }],
      ) as [tf.Tensor]
      const z = tf.add(sorted, y)
      const [count] = trace.hostCall(
        async (values, whole) => [
          Int32Array.of((values as Float32Array).length + (whole as Int32Array)[0]!),
        ],
        [z, tf.tensor1d([100], 'int32')],
        [{ shape: [], dtype: 'int32' }],
      ) as [tf.Tensor]
      return [z, count, tf.add(early, 0.5), sorted]
    })
    const x = tf.tensor1d([3, 1, 2])
    for (let i = 0; i < 2; i++) {
      const [z, count, late, sorted] = await valuesOf(await program.run([x]))
      expect(z).toEqual([8, 6, 10])
      expect(count).toEqual([103])
      expect(late?.[1]).toBeCloseTo(Math.E + 0.5, 5)
      expect(sorted).toEqual([2, 4, 6])
    }
    expect(seen).toEqual([
      [6, 2, 4],
      [6, 2, 4],
    ])
    x.dispose()
    program.dispose()
    expect(tf.memory().numTensors).toBe(0)
  })

  it('refuse results of another length or kind', async () => {
    const program = record((trace) =>
      trace.hostCall(
        () => [new Float32Array(2)],
        [trace.input([1], 'float32')],
        [{ shape: [3], dtype: 'float32' }],
      ),
    )
    const x = tf.zeros([1])
    await expect(program.run([x])).rejects.toThrow(/Float32Array of 3.*returned Float32Array of 2/)
    x.dispose()
    program.dispose()
  })
})

describe('memory of results', () => {
  const large = (): Promise<tf.Tensor[]> => {
    const program = record((trace) => [tf.mul(trace.input([5000], 'float32'), 2)])
    const x = tf.ones([5000])
    return program.run([x]).finally(() => {
      x.dispose()
      program.dispose()
    })
  }
  const live = ({ dataId }: tf.Tensor): Float32Array =>
    (tf.backend() as unknown as { hostValues(id: object): Float32Array }).hostValues(dataId)

  it('is given back with the last tensor', async () => {
    const [y] = (await large()) as [tf.Tensor]
    const shared = tf.reshape(y, [50, 100])
    y.dispose()
    const values = live(shared)
    expect(values).toHaveLength(5000)
    shared.dispose()
    expect(values).toHaveLength(0)
  })

  it('stays with a reader', async () => {
    const [y] = (await large()) as [tf.Tensor]
    const values = await y.data()
    y.dispose()
    expect(values).toHaveLength(5000)
    expect(values[4999]).toBe(2)
  })

  it('stays with pending work and with host calls that saw it', async () => {
    const [y] = (await large()) as [tf.Tensor]
    const z = tf.add(y, 1)
    y.dispose()
    expect((await z.data())[4999]).toBe(3)
    let seen: ArrayLike<number> = []
    const program = record((trace) => {
      const x = trace.input([5000], 'float32')
      const keep = (values: ArrayLike<number>): Float32Array[] => {
        seen = values
        return [new Float32Array(1)]
      }
      return trace.hostCall(keep as never, [x], [{ shape: [1], dtype: 'float32' }])
    })
    const [w] = (await large()) as [tf.Tensor]
    tf.dispose(await program.run([w]))
    tf.dispose([w, z])
    program.dispose()
    expect(seen).toHaveLength(5000)
  })
})
