import { useBackend } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { largestDifference, smallRun } from './testing/small-run.ts'

describe('a retriever in a browser', () => {
  it('pre-trains, tunes and encodes alike on WebGPU (a software adapter) and cpu', async () => {
    const found = await useBackend({ name: 'webgpu', software: true })
    expect(found.name).toBe('webgpu')
    const webgpu = await smallRun()
    await useBackend('cpu')
    const cpu = await smallRun()
    expect(cpu.get('tuning: losses')).toHaveLength(4)
    expect(largestDifference(cpu, webgpu)).toBeLessThan(1e-3)
  })
})
