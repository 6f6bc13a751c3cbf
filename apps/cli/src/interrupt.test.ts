import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from './run/run-folder.ts'
import { ending, root, start } from './testing/child-process.ts'
import { putNpy } from './testing/tiny-data.ts'
import type { VaeMeasures } from './vae/measure.ts'
import type { VaeSettings } from './vae/settings.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const small = ['--hidden', '16', '--latent', '2', '--batch', '8', '--backend', 'cpu']

describe('Ctrl-C', () => {
  it('ends after the update in progress, keeps what was learnt, and leaves code 130', async () => {
    const data = putNpy(join(folder, 'images.npy'), 60)
    const out = join(folder, 'run')
    const { child, said, text } = start(
      ...['train', 'vae', '--data', data, '--out', out, '--steps', '1000000', ...small],
    )
    const ended = ending(child)
    await said(/epoch 1\/\d+ {2}0:/)
    child.kill('SIGINT')
    // npm hands the same Ctrl-C on: that is not a second one.
    await said('interrupted: what was learnt')
    child.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    expect(text().match(/interrupted/g)).toHaveLength(1)
    for (const name of ['model.safetensors', 'samples.png'])
      expect(existsSync(join(out, name))).toBe(true)
    const { run } = JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as RunRecord<
      VaeSettings,
      VaeMeasures
    >
    expect(run.ended).toBe('aborted')
    expect(run.steps).toBe(run.history.steps.length)
    expect(run.steps).toBeGreaterThanOrEqual(6)
  }, 60_000)

  it('ends at once when it comes again', async () => {
    const script = `import(${JSON.stringify(new URL('./interrupt.ts', import.meta.url).href)}).then(
      ({ interruptible }) => interruptible(
        () => new Promise((resolve) => setTimeout(resolve, 60000)),
        () => console.error('once'),
      ),
    ).then(() => console.error('ready to end'))
    setTimeout(() => console.error('begun'), 300)`
    const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], { cwd: root })
    const ended = ending(child)
    let text = ''
    child.stderr.on('data', (part: Buffer) => {
      text += part
    })
    const wait = async (word: string) => {
      while (!text.includes(word)) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await wait('begun')
    child.kill('SIGINT')
    await wait('once')
    await new Promise((resolve) => setTimeout(resolve, 700))
    child.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    expect(text).not.toContain('ready')
  }, 30_000)
})
