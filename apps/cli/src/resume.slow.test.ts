import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { winnow } from './testing/command-line.ts'
import { killAndResume, modelHash } from './testing/kill-and-resume.ts'
import { putNpy } from './testing/tiny-data.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a run that is killed 50 times', () => {
  it('ends with the very model of an uninterrupted run', async () => {
    const data = putNpy(join(folder, 'images.npy'), 60)
    const small = ['--hidden', '16', '--latent', '2', '--batch', '8', '--backend', 'cpu']
    const train = ['train', 'vae', '--data', data, '--steps', '20000', ...small]
    const whole = join(folder, 'whole')
    expect((await winnow(...train, '--out', whole)).code).toBe(0)
    const options = { folder: join(folder, 'killed'), kills: 50, within: 4000, seed: 1 }
    const { kills, model } = await killAndResume(train, options)
    expect(kills).toBe(50)
    expect(model).toBe(modelHash(whole))
  })
})
