import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Comparison } from '../retrieval/compare.ts'
import type { StageSettings } from '../retrieval/stage.ts'
import type { StageMeasures } from '../retrieval/stage-measure.ts'
import type { RunRecord } from '../run/run-folder.ts'
import { type Ending, winnow } from '../testing/command-line.ts'
import { putSearch } from '../testing/tiny-search.ts'

let folder: string
let data: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  data = await putSearch(join(folder, 'search'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const small =
  '--vocabulary 300 --context 48 --width 16 --depth 1 --heads 2 --batch 10 --backend onnx'.split(
    ' ',
  )
const train = (out: string, ...more: readonly string[]): Promise<Ending> =>
  winnow('train', 'retrieval', '--data', data, '--out', out, ...small, ...more)
const record = (out: string) =>
  JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as RunRecord<
    StageSettings,
    StageMeasures
  >

describe('winnow train retrieval', () => {
  it('pre-trains, goes on with fine-tuning, and measures both', async () => {
    const [first, second] = [join(folder, 'first'), join(folder, 'second')]
    const before = await train(first, '--stage', 'dupMae', '--steps', '12')
    expect([before.code, before.err]).toEqual([0, expect.stringContaining('80 items of [48]')])
    const pretrained = record(first)
    expect([pretrained.kind, pretrained.run.steps]).toEqual(['retrieval', 12])
    expect(Number.isFinite(pretrained.test.gap)).toBe(true)
    expect(before.out).toContain('with vectors of other passages the decoder loses')

    const after = await train(
      second,
      ...['--stage', 'tune', '--from', first, '--steps', '60', '--learning-rate', '0.01'],
    )
    expect([after.code, after.err]).toEqual([0, expect.stringContaining('30 items of [48]')])
    expect(readdirSync(second).sort()).toEqual(
      'curves.png history.json model.safetensors plan.json probe.png tokenizer.json'.split(' '),
    )
    const { test, watched, run } = record(second)
    expect(run.history.steps.at(-1)?.metrics['loss']).toBeLessThan(
      0.5 * (run.history.steps[0]?.metrics['loss'] as number),
    )
    expect((watched as { step: number }[]).map(({ step }) => step)[0]).toBe(1)
    expect([test.queries, test.documents, test.gap]).toEqual([10, 50, undefined])
    expect(test.model.ndcg.mean).toBeGreaterThan(pretrained.test.model.ndcg.mean)
    expect(test.bm25.ndcg.mean).toBeGreaterThan(0.9)
    expect((await sharp(join(second, 'probe.png')).metadata()).width).toBeGreaterThan(100)
    // What trained before is what trains now.
    expect(readFileSync(join(second, 'tokenizer.json'))).toEqual(
      readFileSync(join(first, 'tokenizer.json')),
    )
    const again = await winnow('eval', second, '--backend', 'onnx')
    expect(again.out).toContain(`this model  ${test.model.ndcg.mean.toFixed(3)} (`)
  })

  it('stops early where the probe gets no better, and says so', async () => {
    const out = join(folder, 'early')
    const still = ['--stage', 'mlm', '--steps', '40', '--learning-rate', '1e-12']
    const ending = await train(out, ...still, '--patience', '2')
    expect([ending.code, ending.out]).toEqual([0, expect.stringContaining('8 updates')])
    expect(ending.out).toContain('stopped early')
    expect(ending.out).not.toContain('to go on')
    const { run, watched } = record(out)
    expect([run.steps, (watched as unknown[]).length]).toEqual([8, 3])
    expect(readdirSync(out)).not.toContain('checkpoint.safetensors')
    const none = await train(out, ...still, '--patience', '0')
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('--patience')])
  })

  it('refuses what is not there', async () => {
    const nowhere = await train(join(folder, 'x'), '--from', join(folder, 'none'), '--steps', '1')
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining('tokenizer.json')])
    const unknown = await winnow('train', 'retrieval', '--data', 'wordnt', '--steps', '1')
    expect(unknown.err).toContain("Did you mean 'wordnet'?")
  })
})

describe('winnow compare retrieval', () => {
  it('trains and measures all ways, and writes table and picture', async () => {
    const out = join(folder, 'compared')
    const { code, out: text } = await winnow(
      ...['compare', 'retrieval', '--data', data, '--out', out, '--steps', '2', ...small],
    )
    expect(code).toBe(0)
    const { rows, curves } = JSON.parse(
      readFileSync(join(out, 'comparison.json'), 'utf8'),
    ) as Comparison
    const ways = ['untrained', 'MLM', 'RetroMAE', 'DupMAE', 'DupMAE, dense and lexical']
    expect(rows.map(({ name }) => name)).toEqual([
      'BM25',
      ...ways.flatMap((name) => [name, `${name} + BM25`]),
    ])
    expect(curves.map(({ name }) => name)).toEqual(ways)
    for (const { ndcg, recall, mrr } of rows) {
      for (const { low, mean, high } of [ndcg, recall, mrr]) {
        expect(low).toBeLessThanOrEqual(mean)
        expect(mean).toBeLessThanOrEqual(high)
      }
    }
    expect(rows.filter(({ gap }) => gap !== undefined)).toHaveLength(6)
    const markdown = readFileSync(join(out, 'comparison.md'), 'utf8').trim().split('\n')
    expect(markdown).toHaveLength(rows.length + 2)
    expect(markdown[2]).toContain(`| BM25 | ${rows[0]?.ndcg.mean.toFixed(3)} (`)
    expect(text).toContain('10 queries, 50 documents; seed 7')
    expect((await sharp(join(out, 'probe.png')).metadata()).width).toBeGreaterThan(100)
  })
})
