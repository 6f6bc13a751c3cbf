import { useBackend } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { largestDifference, type SmallRun, smallRun } from './testing/small-run.ts'

const on = async (backend: string): Promise<SmallRun> => {
  await useBackend(backend)
  return await smallRun()
}

describe('20 steps of a VAE from one seed', () => {
  it('agree between onnx, wasm and cpu, and are byte-identical when repeated', async () => {
    const backends = ['cpu', 'wasm', 'onnx']
    const runs = new Map<string, SmallRun>()
    for (const backend of backends) runs.set(backend, await on(backend))
    const cpu = runs.get('cpu') as SmallRun
    expect(cpu.losses).toHaveLength(20)
    expect(cpu.losses.at(-1)).toBeLessThan((cpu.losses[0] ?? 0) - 0.5)
    for (const [backend, first] of runs) {
      expect(largestDifference(cpu, first)).toBeLessThan(1e-3)
      const again = await on(backend)
      expect(again.losses).toEqual(first.losses)
      for (const [path, values] of first.parameters) {
        expect(again.parameters.get(path)).toEqual(values)
      }
    }
  })
})
