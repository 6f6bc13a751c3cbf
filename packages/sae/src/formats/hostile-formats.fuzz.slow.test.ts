import { expect, it } from 'vitest'
import { fuzzFormat } from './testing/hostile-formats.ts'

it.each([
  ['ae.pt', 100_000],
  ['data.pkl', 200_000],
  ['cfg.json of SAELens', 100_000],
  ['weights of SAELens', 100_000],
  ['cfg.json of sparsify', 50_000],
] as const)('a spoiled %s, %i times', async (spoiled, cases) => {
  const { read, refused } = await fuzzFormat(spoiled, cases, 2)
  expect(read).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(cases / 10)
})
