import { expect, it } from 'vitest'
import { fuzzFormat } from './testing/hostile-formats.ts'

// Many more in hostile-formats.fuzz.slow.test.ts.
it.each([
  ['ae.pt', 1500],
  ['data.pkl', 1500],
  ['cfg.json of SAELens', 1500],
  ['weights of SAELens', 1500],
  ['cfg.json of sparsify', 1500],
] as const)('a spoiled %s is read or refused in words', async (spoiled, cases) => {
  const { read, refused } = await fuzzFormat(spoiled, cases, 1)
  expect(read).toBeGreaterThan(5)
  expect(refused).toBeGreaterThan(400)
})
