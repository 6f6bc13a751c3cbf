import { useBackend } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { largestDifference, type SmallRun, smallRun } from './testing/small-run.ts'

const on = async (backend: string): Promise<SmallRun> => {
  await useBackend(backend)
  return await smallRun()
}

describe('20 steps of a VAE from one seed', () => {
  it('agree between wasm and cpu, and are byte-identical when repeated', async () => {
    const [cpu, wasm] = [await on('cpu'), await on('wasm')]
    expect(cpu.losses).toHaveLength(20)
    expect(cpu.losses.at(-1)).toBeLessThan((cpu.losses[0] ?? 0) - 0.5)
    expect(largestDifference(cpu, wasm)).toBeLessThan(1e-3)
    for (const [backend, first] of [
      ['cpu', cpu],
      ['wasm', wasm],
    ] as const) {
      const again = await on(backend)
      expect(again.losses).toEqual(first.losses)
      for (const [path, values] of first.parameters)
        expect(again.parameters.get(path)).toEqual(values)
    }
  })
})
