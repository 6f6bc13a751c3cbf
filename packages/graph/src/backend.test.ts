import { describe, expect, it, vi } from 'vitest'
import { GraphBackend } from './backend.ts'
import { unary } from './build/pointwise.ts'
import type { HostArray } from './element.ts'
import type { Plan } from './plan.ts'
import type { Runner } from './runner.ts'

// With an engine made up that only negates, or fails; the package onnx has a real one.

const engine = (compute: (feeds: readonly HostArray[]) => HostArray[], synchronous = false) => {
  const release = vi.fn()
  const prepare = vi.fn((_: Plan, __: 'eager' | 'program') => ({
    run: async (feeds: readonly HostArray[]) => compute(feeds),
    runSync: compute,
    release,
  }))
  const dispose = vi.fn()
  const runner: Runner = {
    synchronous,
    prepare,
    memory: () => ({ sessions: 2, sessionBytes: 30 }),
    dispose,
  }
  return { runner, prepare, release, dispose }
}

const negate = (feeds: readonly HostArray[]): HostArray[] => [
  Float32Array.from(feeds[0] as Float32Array, (value) => -value),
]

/** A tensor of `values`, and its negative, which is pending. */
const pendingNegative = (backend: GraphBackend, ...values: number[]) => {
  const dataId = backend.write(Float32Array.from(values), [values.length], 'float32')
  const x = { dataId, shape: [values.length], dtype: 'float32' as const }
  return { x, y: backend.infoOf(unary('Neg', backend.value(x))) }
}

describe('GraphBackend', () => {
  it('tells tfjs how it computes', async () => {
    const backend = new GraphBackend(engine(negate).runner)
    expect(backend.floatPrecision()).toBe(32)
    expect(backend.epsilon()).toBe(1e-7)
    expect(backend.timerAvailable()).toBe(true)
    expect(backend.refCount({})).toBe(0)
    expect(backend.memory()).toMatchObject({ unreliable: false, sessions: 2, sessionBytes: 30 })
  })

  it('times what is called together with what that left pending', async () => {
    const { runner, prepare } = engine(negate)
    const backend = new GraphBackend(runner)
    let y: { dataId: object } | undefined
    const { kernelMs } = await backend.time(() => {
      y = pendingNegative(backend, 1, 2).y
      expect(backend.memory()).toMatchObject({ pendingNodes: 1, pendingBytes: 8 })
    })
    expect(kernelMs).toBeGreaterThanOrEqual(0)
    expect(prepare).toHaveBeenCalledOnce()
    expect(backend.memory().pendingNodes).toBe(0)
    expect([...((await backend.read(y?.dataId as object)) as Float32Array)]).toEqual([-1, -2])
  })

  it.each([true, false])('runs unasked past a bound (synchronous: %s)', async (synchronous) => {
    const { runner, prepare, release } = engine(negate, synchronous)
    const backend = new GraphBackend(runner, { nodes: 0, bytes: 1000 })
    const { y } = pendingNegative(backend, 3)
    expect(backend.memory().pendingNodes).toBe(0)
    expect([...((await backend.read(y.dataId)) as Float32Array)]).toEqual([-3])
    expect(prepare).toHaveBeenCalledOnce()
    expect(release).toHaveBeenCalledOnce()
  })

  it('after a run that failed says so of every tensor that it should have made', async () => {
    const { runner, release } = engine(() => {
      throw new Error('the engine is broken')
    })
    const backend = new GraphBackend(runner)
    const { y } = pendingNegative(backend, 1)
    await expect(backend.read(y.dataId)).rejects.toThrow('the engine is broken')
    expect(release).toHaveBeenCalledOnce()
    await expect(backend.read(y.dataId)).rejects.toThrow(
      'a tensor has no values: the run that should have computed it failed',
    )
    expect(backend.hostValues(y.dataId)).toBeUndefined()
  })

  it('forgets everything when it is disposed', () => {
    const { runner, dispose } = engine(negate)
    const backend = new GraphBackend(runner)
    pendingNegative(backend, 1)
    expect(backend.numDataIds()).toBe(2)
    backend.dispose()
    expect(backend.numDataIds()).toBe(0)
    expect(dispose).toHaveBeenCalledOnce()
  })

  it('without an engine reads what it was given, and says that it only records', () => {
    const backend = new GraphBackend()
    const { x, y } = pendingNegative(backend, 1)
    expect([...(backend.readSync(x.dataId) as Float32Array)]).toEqual([1])
    expect(() => backend.readSync(y.dataId)).toThrow("the 'graph' backend only records")
  })
})
