import { expect, it } from 'vitest'
import { TOTAL } from './frequency-table.ts'
import { gaussianScales, gaussianTables } from './gaussian-tables.ts'
import { GAUSSIAN_CHECKSUM, gaussianChecksum } from './testing/gaussian-checksum.ts'

it('has 64 scales from 0.11 to 256, evenly spaced by their logarithm', () => {
  expect(gaussianScales).toHaveLength(64)
  for (const [i, scale] of gaussianScales.entries()) {
    const exact = 0.11 * Math.exp((i * Math.log(256 / 0.11)) / 63)
    expect(Math.abs(scale - exact)).toBeLessThan(2 ** -16)
  }
})

/** The normal density summed finely: an independent way to the probability of an interval. */
function probability(from: number, to: number): number {
  const steps = 400
  const width = (to - from) / steps
  let sum = 0
  for (let i = 0; i < steps; i++) sum += Math.exp(-((from + (i + 0.5) * width) ** 2) / 2)
  return (sum * width) / Math.sqrt(2 * Math.PI)
}

it('counts as the normal distribution has it: within a hundredth of a bit', () => {
  for (const [i, table] of gaussianTables().entries()) {
    const scale = gaussianScales[i] as number
    const reach = (table.entries - 1) / 2
    expect(table.offset).toBe(-reach)
    let loss = 0
    for (let k = -reach; k <= reach; k++) {
      const exact = probability((k - 0.5) / scale, (k + 0.5) / scale)
      const counts = table.frequency(k)
      expect(Math.abs(counts - table.frequency(-k))).toBeLessThan(2)
      // The floor of 1 and the rest that goes around take up to 1 % from each of the widest.
      expect(Math.abs(counts - exact * TOTAL)).toBeLessThan(1.6 + 0.011 * exact * TOTAL)
      loss += exact * Math.log2((exact * TOTAL) / counts)
    }
    expect(loss, `scale ${scale}`).toBeLessThan(scale < 30 ? 1e-4 : 0.006)
    expect(table.frequency(reach + 1)).toBeLessThan(8)
  }
})

// The same number in gaussian-tables.browser.test.ts: another engine, the same counts.
it('makes the counts that it has always made', () => {
  expect(gaussianChecksum()).toBe(GAUSSIAN_CHECKSUM)
})
