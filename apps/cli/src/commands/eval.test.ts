import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { winnow } from '../testing/command-line.ts'
import { putCsv, putIdx } from '../testing/tiny-data.ts'
import type { VaeMeasures } from '../vae/measure.ts'

let folder: string
let run: string
let trained: string
const evaluate = (...args: readonly string[]) => winnow('eval', ...args, '--backend', 'cpu')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  run = join(folder, 'run')
  const data = putIdx(join(folder, 'images.idx'), 200)
  const small = ['--hidden', '16', '--latent', '2', '--batch', '8', '--backend', 'cpu']
  const ending = await winnow(
    ...['train', 'vae', '--data', data, '--out', run, '--steps', '30', ...small],
  )
  trained = ending.out
})
afterAll(() => rmSync(folder, { recursive: true }))

const elboLine = (text: string) => text.split('\n').find((line) => line.startsWith('test ELBO'))

describe('winnow eval', () => {
  it('prints the very figures that the training printed', async () => {
    const { code, out } = await evaluate(run, '--samples', '0')
    expect(code).toBe(0)
    expect(elboLine(out)).toBe(elboLine(trained))
    expect(elboLine(out)).toMatch(/^test ELBO +-\d+\.\d\d {2}nats {2}.*20 items$/)
    expect(trained).toContain(out.trim())
  })

  it('estimates the log-likelihood, above the ELBO, on as many items as asked for', async () => {
    const { code, out } = await evaluate(run, '--samples', '20', '--items', '15', '--json')
    expect(code).toBe(0)
    const measured = JSON.parse(out) as VaeMeasures
    expect(measured.logLikelihood).toMatchObject({ samples: 20, items: 15 })
    expect(measured.logLikelihood?.value).toBeGreaterThan(measured.elbo)
    expect(measured.klPerDimension).toHaveLength(2)
    const more = await evaluate(run, '--samples', '5', '--items', '10000')
    expect(more.out).toContain('by importance sampling: 20 items, 5 draws each')
  })

  it('takes other data, if they fit the model', async () => {
    const other = putIdx(join(folder, 'other.idx'), 100)
    const fits = await evaluate(run, '--data', other, '--samples', '0')
    expect([fits.code, elboLine(fits.out)]).toEqual([0, expect.stringContaining('10 items')])
    const csv = putCsv(join(folder, 'numbers.csv'), 50)
    const wrong = await evaluate(run, '--data', csv)
    expect(wrong.code).toBe(1)
    expect(wrong.err).toMatch(/^winnow: .*\[4\].*\[8,8,1\]/)
  })

  it('refuses what is no run, in words', async () => {
    const broken = join(folder, 'broken')
    mkdirSync(broken, { recursive: true })
    const refused = async (words: string | RegExp) => {
      const { code, out, err } = await evaluate(broken)
      expect([code, out]).toEqual([1, ''])
      expect(err).toMatch(/^winnow: [^\n]*\n$/)
      expect(err).toMatch(words)
    }
    expect((await evaluate(join(folder, 'none'))).err).toContain(
      'history.json: cannot be read: there is no such file or folder',
    )
    await refused('history.json: cannot be read')
    const history = readFileSync(join(run, 'history.json'), 'utf8')
    const put = (text: string) => writeFileSync(join(broken, 'history.json'), text)
    put(history.slice(0, -20))
    await refused('history.json: not JSON')
    for (const text of ['null', '{}', '[]', '"x"', '{"kind":"nae"}']) {
      put(text)
      await refused('history.json: not the history of a run of vae or mae')
    }
    put('{"kind":"vae"}')
    await refused('history.json: it has no settings')
    put('{"kind":"vae","settings":{"data":"x","batch":0.5}}')
    await refused('history.json: settings.batch is 0.5, which no run has')
    put(history)
    await refused('model.safetensors: cannot be read')
    const model = readFileSync(join(run, 'model.safetensors'))
    for (const bytes of [model.subarray(0, 100), model.subarray(0, -8), Buffer.from('hello')]) {
      writeFileSync(join(broken, 'model.safetensors'), bytes)
      await refused('model.safetensors')
    }
    copyFileSync(join(run, 'model.safetensors'), join(broken, 'model.safetensors'))
    rmSync(join(folder, 'images.idx'))
    await refused('is neither known nor a file or folder here')
  })
})
