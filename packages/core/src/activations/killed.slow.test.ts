import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Rng } from '../rng.ts'
import { collectInProcess, hashesOf } from './testing/killed-collection.ts'

it('a collection that is killed ten times gives the bytes of one that is not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'winnow-killed-'))
  try {
    const sequences = 8000
    expect(await collectInProcess(sequences, join(folder, 'whole'), Infinity)).toBe(0)
    const rng = new Rng(4)
    let kills = 0
    // At least the batches of a shard, so that each gets further.
    while (
      (await collectInProcess(
        sequences,
        join(folder, 'killed'),
        kills < 10 ? 9 + Math.floor(rng.number() * 60) : Infinity,
      )) === 'SIGKILL'
    ) {
      kills++
    }
    expect(kills).toBe(10)
    expect(hashesOf(join(folder, 'killed'))).toEqual(hashesOf(join(folder, 'whole')))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
