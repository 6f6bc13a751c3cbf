import { useBackend } from '@winnow/core'
import { expect, test } from 'vitest'
import { disagreements, smallDraws } from './testing/small-draws.ts'

test('one seed gives the same masks, tokens and gradients on cpu, wasm and onnx, compiled or not', async () => {
  await useBackend('cpu')
  const expected = await smallDraws(false)
  expect(Object.keys(expected)).toHaveLength(60)
  expect(expected['0 random first order']).not.toEqual(expected['0 random second order'])
  for (const backend of ['cpu', 'wasm', 'onnx']) {
    await useBackend(backend)
    expect(disagreements(expected, await smallDraws(true))).toEqual([])
  }
})
