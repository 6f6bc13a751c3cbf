import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ending, start } from '../testing/child-process.ts'
import { winnow } from '../testing/command-line.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const page = (out: string): string => readFileSync(join(out, 'index.html'), 'utf8')
const small = ['--steps', '2', '--shrink', '100']

describe('winnow tour', () => {
  it('trains a small one of each kind, and writes one page that needs no network', async () => {
    const out = join(folder, 'all')
    const { code, out: text, err } = await winnow('tour', ...small, '--out', out)
    expect(err).not.toContain('mistake')
    expect(code).toBe(0)
    expect(text).toContain(join(out, 'index.html'))
    for (const name of ['Variational', 'Masked', 'Sparse', 'Retrieval', 'Compression'])
      expect(text).toMatch(new RegExp(`^${name}.*: .*; `, 'm'))
    const html = page(out)
    for (const name of ['vae', 'mae', 'sae', 'retrieval', 'compression']) {
      expect(html).toContain(`<section id="${name}"`)
      expect(html).toContain(`from '@winnow/${name}'`)
    }
    expect(html.match(/<img /g)?.length).toBeGreaterThan(8)
    expect(html).toContain('<mark')
    expect(html).toContain('<ol class="searches">')
    expect(html).not.toMatch(/(src|href)="(?!data:|#)|@import|url\(/)
    expect(html.replaceAll(/data:[^"]*/g, '')).not.toMatch(/undefined|\[object|NaN/)
    expect(html.length).toBeLessThan(3e6)
  }, 180_000)

  it('says which kinds there are', async () => {
    const { code, err } = await winnow('tour', '--only', 'vae,codec')
    expect(code).toBe(1)
    expect(err).toContain("--only: 'codec' is not known")
  })

  it('ends with Ctrl-C, and keeps what is done', async () => {
    const out = join(folder, 'interrupted')
    const { child, said } = start(
      ...['tour', '--only', 'vae,mae', '--steps', '1000000', '--shrink', '100', '--out', out],
    )
    const ended = ending(child)
    await said(/step [1-9]/)
    child.kill('SIGINT')
    expect(await ended).toEqual([130, null])
    expect(existsSync(join(out, 'index.html'))).toBe(true)
    expect(page(out)).toContain('Interrupted after')
    expect(page(out)).toContain('Not reached: the tour was interrupted.')
  }, 180_000)
})
