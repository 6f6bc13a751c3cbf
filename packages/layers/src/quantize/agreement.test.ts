import { useBackend } from '@winnow/core'
import { afterAll, expect, test } from 'vitest'
import { disagreements, quantizedSteps } from '../testing/quantized-steps.ts'

afterAll(async () => {
  await useBackend('cpu')
})

test.each(['onnx', 'wasm'] as const)('%s computes what cpu does', async (backend) => {
  await useBackend('cpu')
  const expected = await quantizedSteps(3)
  expect(expected.length).toBeGreaterThan(5000)
  await useBackend(backend)
  expect(disagreements(expected, await quantizedSteps(3))).toEqual([])
})
