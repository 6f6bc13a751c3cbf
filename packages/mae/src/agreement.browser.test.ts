import { useBackend } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { largestDifference, smallRun } from './testing/small-run.ts'

describe('10 steps of a masked autoencoder in a browser', () => {
  it('agree between WebGPU (a software adapter) and cpu', async () => {
    const found = await useBackend({ name: 'webgpu', software: true })
    expect(found.name).toBe('webgpu')
    const webgpu = await smallRun()
    await useBackend('cpu')
    const cpu = await smallRun()
    expect(webgpu).toHaveLength(10)
    expect(largestDifference(cpu, webgpu)).toBeLessThan(1e-3)
  })
})
