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
let whole: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  const data = putNpy(join(folder, 'images.npy'), 60)
  const small = ['--hidden', '16', '--latent', '2', '--batch', '8', '--backend', 'cpu']
  train = ['train', 'vae', '--data', data, '--steps', '300', ...small]
  whole = join(folder, 'whole')
  expect((await winnow(...train, '--out', whole)).code).toBe(0)
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

describe('winnow train vae --resume', () => {
  it('goes on after SIGKILL and ends with the very model of an uninterrupted run', async () => {
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
    expect([code, out]).toEqual([0, expect.stringContaining('300 updates')])
    expect(modelHash(killed)).toBe(modelHash(whole))
    expect(existsSync(join(killed, 'checkpoint.safetensors'))).toBe(false)
  }, 60_000)

  it('goes on after Ctrl-C by the words that it said', async () => {
    const stopped = join(folder, 'stopped')
    const { child, said, results } = start(...train, '--out', stopped)
    const ended = ending(child)
    await said(/epoch 3\/\d+ {2}0:/)
    child.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    expect(results()).toMatch(/\d+ updates \(.* epochs\), interrupted/)
    const [, words = ''] = /^to go on: winnow (.*)$/m.exec(results()) ?? []
    const { code, out } = await winnow(...words.split(' '))
    expect([code, out]).toEqual([0, expect.stringContaining('300 updates')])
    expect(modelHash(stopped)).toBe(modelHash(whole))
  }, 60_000)

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
