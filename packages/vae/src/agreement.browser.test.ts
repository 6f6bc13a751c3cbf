import { useBackend } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { largestDifference, smallRun } from './testing/small-run.ts'

describe('20 steps of a VAE in a browser', () => {
  it('agree between WebGPU (a software adapter) and cpu, read asynchronously', async () => {
    const found = await useBackend({ name: 'webgpu', software: true })
    expect(found.name).toBe('webgpu')
    const webgpu = await smallRun()
    await useBackend('cpu')
    const cpu = await smallRun()
    expect(webgpu.losses).toHaveLength(20)
    expect(largestDifference(cpu, webgpu)).toBeLessThan(1e-3)
  })
})
