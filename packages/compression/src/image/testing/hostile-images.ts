/**
 * Hostile files for the reader of pictures, with checksums that fit, so that sizes, tiles and the entropy coder are met.
 */
import { getHeapStatistics } from 'node:v8'
import { Rng } from '@winnow/core'
import { type FuzzResult, fuzzReader } from '@winnow/core/testing'
import { mended } from '../../container/testing/hostile-containers.ts'
import { compressImage } from '../compress-image.ts'
import { decompressImage } from '../decompress-image.ts'
import { BlockCodec } from './block-codec.ts'

/** A file may ask for this many pixels at most: so much memory, and not more, a small file may take. */
const MOST_PIXELS = 4096

/** Reads spoiled files, which must end in a picture or in words. */
export async function fuzzImages(cases: number, seed: number): Promise<FuzzResult> {
  const codec = new BlockCodec({ stride: 2 })
  const rng = new Rng(9)
  const files: Uint8Array[] = []
  for (const [channels, tile] of [
    [3, 8],
    [4, 6],
    [2, 64],
  ] as const) {
    const data = Uint8Array.from(rng.uniformValues(12 * 10 * channels, 0, 256))
    files.push(await compressImage(codec, { data, width: 12, height: 10, channels }, { tile }))
  }
  return fuzzReader({
    files,
    read: (bytes) => decompressImage(mended(bytes), codec, { mostPixels: MOST_PIXELS }),
    cases,
    seed,
    memory: () => getHeapStatistics().external_memory,
    // Tensors of tiles, their floats and the picture itself: some 50 bytes a pixel.
    allowed: (bytes) => 16 * bytes + 65_536 + 100 * MOST_PIXELS,
  })
}
