import { useBackend } from '@winnow/core'
import { expect, test } from 'vitest'
import { disagreements, smallDraws } from './testing/small-draws.ts'

test('one seed gives the same masks, tokens and gradients on WebGPU (a software adapter) and cpu', async () => {
  await useBackend('cpu')
  const expected = await smallDraws(true)
  expect(Object.keys(expected)).toHaveLength(60)
  const found = await useBackend({ name: 'webgpu', software: true })
  expect(found.name).toBe('webgpu')
  expect(disagreements(expected, await smallDraws(true))).toEqual([])
})
