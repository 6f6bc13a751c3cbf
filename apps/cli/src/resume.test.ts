import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ending, start } from './testing/child-process.ts'
import { winnow } from './testing/command-line.ts'
import { modelHash } from './testing/kill-and-resume.ts'
import { putNpy } from './testing/tiny-data.ts'

let folder: string
let train: readonly string[]
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  const data = putNpy(join(folder, 'images.npy'), 60)
  const small = ['--hidden', '16', '--latent', '2', '--batch', '8', '--backend', 'cpu']
  train = ['train', 'vae', '--data', data, '--steps', '900', ...small]
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('winnow train vae --resume', () => {
  it('goes on after SIGKILL and ends with the very model of an uninterrupted run', async () => {
    const whole = join(folder, 'whole')
    expect((await winnow(...train, '--out', whole)).code).toBe(0)
    expect(existsSync(join(whole, 'checkpoint.safetensors'))).toBe(false)
    const killed = join(folder, 'killed')
    const { child, said } = start(...train, '--out', killed)
    const ended = ending(child)
    await said(/epoch 3\/\d+ {2}0:/)
    child.kill('SIGKILL')
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(existsSync(join(killed, 'checkpoint.safetensors'))).toBe(true)
    expect(existsSync(join(killed, 'model.safetensors'))).toBe(false)
    const { code, out } = await winnow('train', 'vae', '--resume', killed)
    expect([code, out]).toEqual([0, expect.stringContaining('900 updates')])
    expect(modelHash(killed)).toBe(modelHash(whole))
    expect(existsSync(join(killed, 'checkpoint.safetensors'))).toBe(false)
  })

  it('refuses a folder without a plan, and a broken plan', async () => {
    const nothing = await winnow('train', 'vae', '--resume', join(folder, 'nothing'))
    expect([nothing.code, nothing.err]).toEqual([
      1,
      expect.stringContaining('plan.json: cannot be read'),
    ])
    writeFileSync(join(folder, 'plan.json'), '{"kind":')
    const broken = await winnow('train', 'vae', '--resume', folder)
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('plan.json: not JSON')])
  })
})
