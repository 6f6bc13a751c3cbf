import { useBackend } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { largestDifference, smallRun } from './testing/small-run.ts'

describe('10 steps of a language model', () => {
  it('agree between onnx, wasm and cpu, and are byte-identical when repeated', async () => {
    const runs = new Map<string, number[]>()
    for (const name of ['cpu', 'wasm', 'onnx']) {
      await useBackend(name)
      runs.set(name, await smallRun())
      expect(await smallRun()).toEqual(runs.get(name))
    }
    const cpu = runs.get('cpu') as number[]
    expect(new Set(cpu).size).toBe(10)
    for (const losses of runs.values()) expect(largestDifference(cpu, losses)).toBeLessThan(1e-4)
  })
})
