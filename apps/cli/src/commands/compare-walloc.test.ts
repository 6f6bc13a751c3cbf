import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WallocComparison } from '../codec/walloc/compare.ts'
import { winnow } from '../testing/command-line.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('winnow compare walloc', () => {
  it('measures size, quality, cost and classifiers of equal cost, in tables and a file', async () => {
    const { code, out, err } = await winnow(
      ...['compare', 'walloc', '--data', 'emoji', '--steps', '10', '--batch', '32', '--bits', '5'],
      ...['--latent', '12', '--width', '8', '--budget', '60000', '--backend', 'onnx'],
      ...['--out', folder],
    )
    expect([code, err.includes('winnow:')], err).toEqual([0, false])
    expect(out).toContain('3,072 numbers an image become 768 latents: 4.0 times fewer')
    const file = readFileSync(join(folder, 'comparison.json'), 'utf8')
    const { rates, costs, classifiers } = JSON.parse(file) as WallocComparison
    const [plain, lossless, jpeg, webp] = rates
    // 12 latents of 5 bits for 16 pixels.
    expect(plain?.bitsPerPixel).toBeCloseTo(3.75, 9)
    expect(lossless?.bitsPerPixel).toBeLessThan(3.75)
    expect(lossless?.psnr).toBe(plain?.psnr)
    expect(lossless?.psnr).toBeGreaterThan(6)
    expect([jpeg?.name, webp?.name].join()).toMatch(/^JPEG, quality \d+,WebP, quality \d+$/)
    const [walloc, convolutional] = costs
    expect(walloc?.multiplications).toBe(336)
    expect(convolutional?.multiplications).toBe(42_176)
    expect(walloc?.secondsPerMegapixel).toBeLessThan(convolutional?.secondsPerMegapixel as number)
    expect(classifiers.map(({ numbers }) => numbers)).toEqual([3072, 768, 768])
    for (const { multiplications, accuracy } of classifiers) {
      expect(multiplications).toBeGreaterThan(30_000)
      expect(multiplications).toBeLessThanOrEqual(60_000)
      expect(accuracy).toBeGreaterThan(0.05)
    }
  }, 120_000)

  it('refuses data without labels in words', async () => {
    const { code, err } = await winnow('compare', 'walloc', '--data', join(folder, 'nothing'))
    expect([code, err.includes('nothing')]).toEqual([1, true])
  })
})
