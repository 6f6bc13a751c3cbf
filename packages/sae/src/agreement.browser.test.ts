import { useBackend } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { largestDifference, smallRun } from './testing/small-run.ts'

describe('10 steps of a sparse autoencoder in a browser', () => {
  it('agree between WebGPU (a software adapter) and cpu, on both paths', async () => {
    const found = await useBackend({ name: 'webgpu', software: true })
    expect(found.name).toBe('webgpu')
    const [webgpu, sparse] = [await smallRun('auto'), await smallRun('sparse')]
    await useBackend('cpu')
    const cpu = await smallRun('auto')
    expect(webgpu.losses).toHaveLength(10)
    expect(largestDifference(cpu, webgpu)).toBeLessThan(1e-3)
    expect(largestDifference(cpu, sparse)).toBeLessThan(1e-3)
  })
})
