import { useBackend } from '@winnow/core'
import { expect, test } from 'vitest'
import { disagreements, quantizedSteps } from '../testing/quantized-steps.ts'

test('WebGPU (a software adapter) computes what cpu does', async () => {
  await useBackend('cpu')
  const expected = await quantizedSteps(1)
  const found = await useBackend({ name: 'webgpu', software: true })
  expect(found.name).toBe('webgpu')
  expect(disagreements(expected, await quantizedSteps(1))).toEqual([])
})
