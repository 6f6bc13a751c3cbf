import { engine, getBackend, getKernel, setBackend } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeEach, describe, expect, test } from 'vitest'
import { WinnowError } from '../error.ts'
import type { Surroundings } from './choose.ts'
import { choose } from './choose.ts'
import type { BackendDriver, BackendOptions } from './driver.ts'
import { cpuDriver } from './drivers/cpu.ts'
import { wasmDriver } from './drivers/wasm.ts'
import { probe, useBackend } from './use-backend.ts'

const broken: BackendDriver = {
  name: 'broken',
  start: () => Promise.reject(new Error('no such engine\nat a place')),
}

/** Starts, and then computes wrongly: every product is zero. */
const wrong: BackendDriver = {
  name: 'wrong',
  async start() {
    await setBackend('cpu')
    const { kernelFunc } = matMulOfCpu()
    matMulOfCpu().kernelFunc = (args) => {
      const output = kernelFunc(args) as { dataId: object }
      const data = engine().backend as unknown as { data: Map<object, { values: Float32Array }> }
      data.data.get(output.dataId)?.values.fill(0)
      return output as never
    }
    repair = () => {
      matMulOfCpu().kernelFunc = kernelFunc
    }
    return { device: 'a liar' }
  },
}

let repair = (): void => undefined

function matMulOfCpu(): { kernelFunc: (args: never) => unknown } {
  return getKernel('BatchMatMul', 'cpu') as never
}

const surroundings = (over: Partial<Surroundings> = {}): Surroundings => ({
  drivers: [broken, wrong, wasmDriver, cpuDriver],
  order: ['broken', 'wasm', 'cpu'],
  forced: undefined,
  ...over,
})

beforeEach(async () => {
  await setBackend('cpu')
})

describe('the choice', () => {
  test('takes the first that works and says why the others were refused', async () => {
    const found = await choose({}, surroundings())
    expect(found).toEqual({
      name: 'wasm',
      reason: 'the first of broken, wasm, cpu that works here',
      device: 'SIMD, 1 thread',
      refused: [{ name: 'broken', reason: 'no such engine' }],
    })
    expect(getBackend()).toBe('wasm')
  })

  test('takes the order given', async () => {
    expect((await choose({ order: ['cpu', 'wasm'] }, surroundings())).name).toBe('cpu')
  })

  test('a name forces one, before the environment', async () => {
    const found = await choose({ name: 'cpu' }, surroundings({ forced: 'wasm' }))
    expect(found).toMatchObject({ name: 'cpu', reason: 'asked for by name', refused: [] })
  })

  test('the environment forces one', async () => {
    const found = await choose({}, surroundings({ forced: 'cpu' }))
    expect(found).toMatchObject({ name: 'cpu', reason: 'asked for by WINNOW_BACKEND' })
  })

  test('a forced one that does not start is an error, and the active one stays', async () => {
    const attempt = choose({ name: 'broken' }, surroundings())
    await expect(attempt).rejects.toThrow(WinnowError)
    await expect(attempt).rejects.toThrow("useBackend: 'broken' does not start: no such engine.")
    expect(getBackend()).toBe('cpu')
  })

  test('a backend that computes wrongly is refused by the self-test', async () => {
    await setBackend('wasm')
    const attempt = choose({ name: 'wrong' }, surroundings())
    await expect(attempt).rejects.toThrow(
      'the self-test failed: a matrix product gave 0, expected 360000',
    )
    repair()
    expect(getBackend()).toBe('wasm')
  })

  test('an unknown name is answered with the nearest', async () => {
    await expect(choose({ name: 'wasn' }, surroundings())).rejects.toThrow(
      "useBackend: 'wasn' is not known. Did you mean 'wasm'?",
    )
    await expect(choose({}, surroundings({ forced: 'cpuu' }))).rejects.toThrow(
      "WINNOW_BACKEND: 'cpuu' is not known. Did you mean 'cpu'?",
    )
    await expect(choose({ order: ['wasm', 'cpy'] }, surroundings())).rejects.toThrow(
      "useBackend order: 'cpy' is not known. Did you mean 'cpu'?",
    )
  })

  test('none that works is an error with all reasons', async () => {
    await expect(choose({ order: ['broken'] }, surroundings())).rejects.toThrow(
      'useBackend: no backend works here. broken: no such engine.',
    )
    await expect(choose({ order: [] }, surroundings())).rejects.toThrow(/order is empty/)
  })
})

describe('probing', () => {
  test('reports each and leaves the active one active', async () => {
    const table = await probe({}, surroundings())
    expect(table).toEqual([
      { name: 'broken', available: false, reason: 'no such engine' },
      { name: 'wasm', available: true, reason: 'works here', device: 'SIMD, 1 thread' },
      { name: 'cpu', available: true, reason: 'works here', device: 'plain JavaScript' },
    ])
    expect(getBackend()).toBe('cpu')
  })
})

describe('in Node, with the packages of this repository', () => {
  test.each([
    ['cuda', 'the package @tensorflow/tfjs-node-gpu is not installed'],
    ['webgpu', 'the package webgpu is not installed'],
  ])('%s is refused with the reason', async (name, reason) => {
    await expect(useBackend(name)).rejects.toThrow(reason)
  })

  test('useBackend finds wasm', async () => {
    const options: BackendOptions = { order: ['cuda', 'webgpu', 'wasm', 'cpu'] }
    const found = await useBackend(options)
    expect(found.name).toBe('wasm')
    expect(found.refused.map((refusal) => refusal.name)).toEqual(['cuda', 'webgpu'])
  })

  test('a started backend is not started again', async () => {
    await useBackend('wasm')
    const instance = engine().backend
    await useBackend('cpu')
    await useBackend('wasm')
    expect(engine().backend).toBe(instance)
  })
})
