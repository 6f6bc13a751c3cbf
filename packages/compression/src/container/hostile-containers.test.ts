import { expect, it } from 'vitest'
import { fuzzContainer } from './testing/hostile-containers.ts'

// A million in hostile-containers.fuzz.slow.test.ts.
it.each([
  ['as it is', 3000, 0],
  ['mended', 3000, 50],
] as const)(
  'a spoiled file is refused in words, its checksum %s',
  async (checksum, cases, least) => {
    const { read, refused } = await fuzzContainer(cases, { seed: 1, checksum })
    expect(read).toBeGreaterThan(least)
    expect(refused).toBeGreaterThan(cases / 4)
  },
)
