/**
 * Hostile files for the readers of the command line: image folders, and the JSON of a run's folder.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getHeapStatistics } from 'node:v8'
import { crc32 } from 'node:zlib'
import { type FuzzResult, fuzzReader } from '@winnow/core/testing'
import sharp, { type Sharp } from 'sharp'
import { loadImageFolder } from '../data/image-folder.ts'
import { readPlan } from '../run/plan.ts'
import { readRecord } from '../run/run-folder.ts'
import { vaeKind } from '../vae/kind.ts'
import type { VaeSettings } from '../vae/settings.ts'

const memory = (): number => getHeapStatistics().external_memory

/** A folder for the time of `work`. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-fuzz-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A PNG whose chunks have the checksums of what they hold, as far as their lengths go: what is spoiled gets further. */
export function withChecksums(png: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(png)
  const view = new DataView(bytes.buffer)
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at)
    if (end + 4 > bytes.length) break
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)))
    at = end + 4
  }
  return bytes
}

/**
 * Folders of one spoiled image.
 * @param kind `png`: with checksums that are right in every other file; `others`: JPEG and WebP
 */
export async function fuzzImages(
  kind: 'png' | 'others',
  cases: number,
  seed: number,
): Promise<FuzzResult> {
  const pixels = Uint8Array.from({ length: 12 * 10 * 3 }, (_, i) => (i * 37) % 256)
  const image = (): Sharp => sharp(pixels, { raw: { width: 12, height: 10, channels: 3 } })
  const made =
    kind === 'png'
      ? [
          image().png(),
          image().png({ progressive: true }),
          image().greyscale().png({ palette: true }),
          image().ensureAlpha(0.5).png(),
          image().toColourspace('rgb16').png(),
        ]
      : [
          image().jpeg(),
          image().jpeg({ progressive: true }),
          image().webp({ lossless: true }),
          image().ensureAlpha(0.5).webp(),
        ]
  const files = await Promise.all(made.map((file) => file.toBuffer()))
  // Where the decoder leaves its buffers to the collector, those of a few images wait for it.
  const allowed = (bytes: number): number => 16 * (2 ** 22 + 1032 * bytes)
  return inFolder((folder) => {
    let count = 0
    const read = async (bytes: Uint8Array): Promise<void> => {
      // Always another name: the decoder remembers files by theirs.
      const path = join(folder, `${count++}.png`)
      writeFileSync(path, kind === 'png' && count % 2 === 0 ? withChecksums(bytes) : bytes)
      try {
        await loadImageFolder(folder, { split: 'all' })
      } finally {
        rmSync(path)
      }
    }
    return fuzzReader({ files, read, cases, seed, memory, allowed })
  })
}

const settings: VaeSettings = {
  data: 'images.npy',
  steps: 20,
  batch: 8,
  latent: 2,
  hidden: [16, 8],
  likelihood: 'bernoulli',
  binarise: 'random',
  beta: 1,
  warmup: 0,
  freeBits: 0,
  learningRate: 0.002,
  seed: 7,
}

/** Folders with a spoiled `plan.json` or `history.json`, read by turns of the seed. */
export async function fuzzRunJson(
  kind: 'plan' | 'history',
  cases: number,
  seed: number,
): Promise<FuzzResult> {
  const normalisation = { offset: [0, 1], scale: [1, 2] }
  const content =
    kind === 'plan'
      ? { kind: 'vae', settings, steps: 20 }
      : { kind: 'vae', settings, normalisation, run: { steps: 2 } }
  const files = [content, { ...content, settings: { ...settings, conv: true, size: 28 } }].map(
    (value) => new TextEncoder().encode(JSON.stringify(value)),
  )
  return inFolder((folder) => {
    const path = join(folder, `${kind}.json`)
    const read = (bytes: Uint8Array): unknown => {
      writeFileSync(path, bytes)
      return kind === 'plan' ? readPlan(folder, vaeKind) : readRecord(folder, vaeKind)
    }
    return fuzzReader({
      files,
      read,
      cases,
      seed,
      memory,
      allowed: (bytes) => 64 * bytes + 2 ** 20,
    })
  })
}
