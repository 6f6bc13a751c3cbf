import { describe, expect, it } from 'vitest'
import { fuzzImages, fuzzRunJson } from './testing/fuzz-runs.ts'

describe('hostile files', () => {
  it.each([
    ['png', 20_000],
    ['others', 8000],
  ] as const)('%s images: %d', async (kind, cases) => {
    const before = process.resourceUsage().maxRSS
    const { read, refused } = await fuzzImages(kind, cases, 11)
    expect(read).toBeGreaterThan(cases / 40)
    expect(refused).toBeGreaterThan(cases / 4)
    // Decoders are native code: their memory shows in the process alone (in KiB).
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(2 ** 19)
  })

  it.each(['plan', 'history'] as const)('%s.json: 10,000', async (kind) => {
    const { read, refused } = await fuzzRunJson(kind, 10_000, 12)
    expect(read).toBeGreaterThan(500)
    expect(refused).toBeGreaterThan(3000)
  })
})
