import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { collectInProcess, hashesOf } from './testing/killed-collection.ts'
import { collectSines } from './testing/sine.ts'

let folder: string
beforeAll(async () => {
  await tf.setBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-killed-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

// Many kills, in processes alone, in killed.slow.test.ts.
it('a collection that SIGKILL ends goes on where it stopped, to the same bytes', async () => {
  const sequences = 1200
  const whole = join(folder, 'whole')
  const killed = join(folder, 'killed')
  expect(await collectInProcess(sequences, killed, 30)).toBe('SIGKILL')
  expect(existsSync(join(killed, 'index.json'))).toBe(true)
  let first: number | undefined
  await collectSines(sequences, {
    folder: killed,
    onProgress: ({ batches }) => {
      first ??= batches
    },
  })
  // The third shard is begun, so the second and the index after it are there.
  expect(first).toBeGreaterThan(14)
  await collectSines(sequences, { folder: whole })
  expect(Object.keys(hashesOf(whole))).toHaveLength(1 + 20)
  expect(hashesOf(killed)).toEqual(hashesOf(whole))
})
