import { useBackend } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { largestDifference, type SmallRun, smallRun } from './testing/small-run.ts'

describe('a few steps of pre-training and fine-tuning from one seed', () => {
  it('agree between onnx, wasm and cpu', async () => {
    const runs = new Map<string, SmallRun>()
    for (const backend of ['cpu', 'wasm', 'onnx']) {
      await useBackend(backend)
      runs.set(backend, await smallRun())
    }
    const first = runs.get('cpu') as SmallRun
    const losses = first.get('pretraining: losses') as ArrayLike<number>
    expect(losses).toHaveLength(4)
    expect(losses[3]).toBeLessThan((losses[0] as number) - 0.1)
    for (const [name, run] of runs) expect(largestDifference(first, run), name).toBeLessThan(1e-3)
  }, 120_000)
})
