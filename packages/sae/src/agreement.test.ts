import { useBackend } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { largestDifference, type SmallRun, smallRun } from './testing/small-run.ts'

describe('10 steps of a sparse autoencoder from one seed', () => {
  it('agree between onnx, wasm and cpu, on the dense and on the sparse path', async () => {
    const runs = new Map<string, SmallRun>()
    for (const backend of ['cpu', 'wasm', 'onnx']) {
      await useBackend(backend)
      for (const path of ['dense', 'sparse'] as const) {
        runs.set(`${backend} ${path}`, await smallRun(path))
      }
    }
    const first = runs.get('cpu dense') as SmallRun
    expect(first.losses).toHaveLength(10)
    expect(first.losses.at(-1)).toBeLessThan((first.losses[0] ?? 0) * 0.9)
    for (const [name, run] of runs) {
      expect(largestDifference(first, run), name).toBeLessThan(1e-3)
    }
    // The last backend once more: the same bits.
    expect((await smallRun('sparse')).losses).toEqual(runs.get('onnx sparse')?.losses)
  })
})
