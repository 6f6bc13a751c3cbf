import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setBackend } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putIdx } from '../testing/tiny-data.ts'
import { someMeasures, tinyRun } from '../testing/tiny-run.ts'
import { vaeKind } from '../vae/kind.ts'
import { writeRun } from './run-folder.ts'

let folder: string
beforeAll(async () => {
  await setBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const backend = { name: 'cpu', reason: 'a test', device: 'plain JavaScript', refused: [] }

describe('writeRun', () => {
  it('writes the files that it names, over older ones', async () => {
    const result = await tinyRun(putIdx(join(folder, 'a.idx'), 100))
    const out = join(folder, 'deep', 'run')
    const names = await writeRun(out, vaeKind, { ...result, measured: someMeasures, backend })
    expect(names).toEqual(
      await writeRun(out, vaeKind, { ...result, measured: someMeasures, backend }),
    )
    expect(readdirSync(out).sort()).toEqual([...names].sort())
    writeFileSync(join(folder, 'file'), '')
    await expect(
      writeRun(join(folder, 'file', 'run'), vaeKind, {
        ...result,
        measured: someMeasures,
        backend,
      }),
    ).rejects.toThrow('a part of the path is a file, expected a folder')
    result.model.dispose()
  })
})
