import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { WinnowError } from '../error.ts'
import { gunzip, isGzip } from './gzip.ts'

const packed = new Uint8Array(gzipSync(new Uint8Array(10_000).fill(7)))

describe('gunzip', () => {
  it('unpacks', async () => {
    expect(isGzip(packed)).toBe(true)
    expect(await gunzip(packed)).toEqual(new Uint8Array(10_000).fill(7))
    expect(await gunzip(packed, { limit: 10_000 })).toHaveLength(10_000)
  })

  it('stops at the limit', async () => {
    await expect(gunzip(packed, { name: 'bomb', limit: 9999 })).rejects.toThrow(
      /bomb: unpacks to more than 9999 bytes/,
    )
  })

  it('stops reading at the limit, long before the end', async () => {
    let cancelled = false
    let chunks = 0
    class Long {
      readonly writable = new WritableStream()
      readonly readable = new ReadableStream({
        pull: (controller) => {
          if (++chunks > 1000) controller.close()
          else controller.enqueue(new Uint8Array(100))
        },
        cancel: () => {
          cancelled = true
        },
      })
    }
    vi.stubGlobal('DecompressionStream', Long)
    await expect(gunzip(packed, { limit: 1000 })).rejects.toThrow(WinnowError)
    vi.unstubAllGlobals()
    expect(cancelled).toBe(true)
    expect(chunks).toBeLessThan(20)
  })

  it('gives bytes or a WinnowError for any bytes, cut or changed files', async () => {
    expect(isGzip(new Uint8Array(0))).toBe(false)
    await expect(gunzip(Uint8Array.of(1, 2))).rejects.toThrow(/not a gzip file/)
    await expect(gunzip(packed.slice(0, -5))).rejects.toThrow(/cut off or broken/)
    const changed = fc
      .tuple(fc.nat(packed.length - 1), fc.nat(7), fc.nat(2 * packed.length))
      .map(([place, bit, cut]) => {
        const bytes = packed.slice()
        bytes[place] = (bytes[place] as number) ^ (1 << bit)
        return bytes.slice(0, cut)
      })
    await fc.assert(
      fc.asyncProperty(changed, async (bytes) => {
        try {
          expect((await gunzip(bytes, { limit: 20_000 })).length).toBeLessThanOrEqual(20_000)
        } catch (error) {
          expect(error).toBeInstanceOf(WinnowError)
        }
      }),
      { numRuns: 500, seed: 4 },
    )
  })
})
