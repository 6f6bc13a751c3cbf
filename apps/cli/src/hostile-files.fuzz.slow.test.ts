import { describe, expect, it } from 'vitest'
import { fuzzImages, fuzzRunJson } from './testing/fuzz-runs.ts'

describe('hostile files', () => {
  it('images: 2,000', async () => {
    const before = process.resourceUsage().maxRSS
    const { read, refused } = await fuzzImages(2000, 11)
    expect(read).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(500)
    // Decoders are native code: their memory shows in the process alone (in KiB).
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(2 ** 19)
  })

  it.each(['plan', 'history'] as const)('%s.json: 10,000', async (kind) => {
    const { read, refused } = await fuzzRunJson(kind, 10_000, 12)
    expect(read).toBeGreaterThan(500)
    expect(refused).toBeGreaterThan(3000)
  })
})
