import { expect, it } from 'vitest'
import { fuzzContainer } from './testing/hostile-containers.ts'

it.each([
  ['as it is', 300_000],
  ['mended', 400_000],
] as const)('spoiled files, the checksum %s: %i', async (checksum, cases) => {
  const { read, refused } = await fuzzContainer(cases, { seed: 2, checksum })
  expect(read).toBeGreaterThan(1000)
  expect(refused).toBeGreaterThan(cases / 4)
})
