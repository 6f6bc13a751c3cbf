import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ComparisonRow } from '../sae/compare.ts'
import { type Ending, winnow } from '../testing/command-line.ts'
import { putTexts } from '../testing/tiny-texts.ts'

let folder: string
let lm: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  const data = putTexts(join(folder, 'texts'), 60)
  lm = join(folder, 'lm')
  const small = '--vocabulary 300 --context 16 --width 16 --depth 2 --heads 2 --batch 8'.split(' ')
  const { code } = await winnow(
    ...['train', 'lm', '--data', data, '--out', lm, ...small],
    ...['--steps', '60', '--learning-rate', '0.02', '--backend', 'onnx'],
  )
  expect(code).toBe(0)
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

const compare = (out: string, ...more: readonly string[]): Promise<Ending> => {
  const small = '--at blocks.0 --latents 64 --batch 64 --tokens 3000 --dead-after 1000'.split(' ')
  const length = '--steps 60 --learning-rate 0.01 --l1 0.05 --backend onnx'.split(' ')
  return winnow('compare', 'sae', '--model', lm, '--out', out, ...small, ...length, ...more)
}

describe('winnow compare sae', () => {
  it('compares families at sparsities, in a table, a file and two pictures', async () => {
    const out = join(folder, 'run')
    const { code, out: text, err } = await compare(out, '--sparsities', '8,2')
    expect([code, err]).toEqual([0, expect.stringContaining('TopK without AuxK, k 2')])
    expect(readdirSync(out).sort()).toEqual(
      'comparison.json comparison.md loss.png variance.png'.split(' '),
    )
    const { rows, seconds } = JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8')) as {
      rows: ComparisonRow[]
      seconds: number
    }
    expect(seconds).toBeGreaterThan(0)
    const of = (family: string): ComparisonRow[] => rows.filter((row) => row.family === family)
    const [dense, sparse] = of('TopK with AuxK') as [ComparisonRow, ComparisonRow]
    expect([dense.setting, sparse.setting]).toEqual(['k 8', 'k 2'])
    expect(dense.l0).toBeLessThanOrEqual(8)
    expect(sparse.l0).toBeLessThanOrEqual(2)
    expect(dense.explainedVariance).toBeGreaterThan(sparse.explainedVariance)
    // PCA keeps exactly as many coordinates as it was given, and is the best of all that are linear.
    const pca = of('PCA') as [ComparisonRow, ComparisonRow]
    expect(pca.map(({ l0 }) => l0)).toEqual([expect.closeTo(8, 1), expect.closeTo(2, 1)])
    expect(pca[0].explainedVariance).toBeGreaterThan(pca[1].explainedVariance)
    expect(pca[1].explainedVariance).toBeGreaterThan(0.1)
    expect(sparse.explainedVariance).toBeGreaterThan(pca[1].explainedVariance)
    const random = of('random directions')
    expect(random[1]?.explainedVariance).toBeLessThan(sparse.explainedVariance)
    expect(of('TopK without AuxK')).toHaveLength(2)
    expect(of('ReLU + L1').length).toBeGreaterThanOrEqual(2)
    expect(new Set(rows.map(({ losses }) => losses.original)).size).toBe(1)
    expect(text).toContain(
      `| TopK with AuxK | k 8 | ${dense.l0.toFixed(1)} | ${dense.explainedVariance.toFixed(4)} |`,
    )
    expect(text).toContain('Seed 7; ')
    expect(text).toContain(readFileSync(join(out, 'comparison.md'), 'utf8'))
    for (const name of ['variance.png', 'loss.png']) {
      expect((await sharp(join(out, name)).metadata()).format).toBe('png')
    }
  })

  it.each([
    ['more latents on than there are', ['--sparsities', '65'], '--sparsities: 65 came'],
    ['a list of no numbers', ['--sparsities', '2,x'], 'Expected a whole number >= 1'],
    ['a place that is not there', ['--at', 'blocks.7'], "Did you mean 'blocks."],
  ])('refuses %s in words, and writes nothing', async (_, more, words) => {
    const out = join(folder, 'refused')
    const { code, err } = await compare(out, ...more)
    expect([code, err]).toEqual([1, expect.stringContaining(words)])
    expect(existsSync(out)).toBe(false)
  })

  it('says so where the folder holds no language model', async () => {
    const { code, err } = await winnow('compare', 'sae', '--model', folder)
    expect([code, err]).toEqual([1, expect.stringContaining('history.json')])
  })
})
