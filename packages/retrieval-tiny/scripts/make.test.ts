import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { memory } from '@tensorflow/tfjs-core'
import { Rng, save, useBackend } from '@winnow/core'
import { Retriever } from '@winnow/retrieval'
import { PASSAGE_TOKENS, trainTokenizer } from '@winnow/text'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTinyRetriever, loadTinySearchCard } from '../src/index.ts'
import { makePackage } from './make.ts'

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  await useBackend('cpu')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What `winnow train retrieval` would have written, and a package without weights. */
async function standIn(name: string, stage = 'tune'): Promise<{ run: string; out: string }> {
  const [run, out] = [join(folder, name, 'run'), join(folder, name, 'package')]
  for (const path of [run, out]) mkdirSync(path, { recursive: true })
  const tokenizer = trainTokenizer(['a whale swims in the sea'], {
    vocabulary: 280,
    special: PASSAGE_TOKENS,
    leastCount: 1,
  })
  const { vocabulary } = tokenizer
  const encoder = { vocabulary, tokens: 12, features: 16, depth: 1, heads: 2 }
  using model = new Retriever({ encoder, embedding: { kind: 'mean' } }, new Rng(3))
  await save(model, join(run, 'model.safetensors'))
  writeFileSync(join(run, 'tokenizer.json'), JSON.stringify(tokenizer))
  const measured = (mean: number) => ({ ndcg: { mean, low: mean - 0.1, high: mean + 0.1 } })
  const record = {
    kind: 'retrieval',
    settings: { data: 'wordnet', stage, batch: 8, learningRate: 0.001, seed: 7, out: 'x' },
    backend: { name: 'onnx', device: 'cpu (2 threads)' },
    run: { steps: 5, history: { epochs: [{ seconds: 90 }, { seconds: 30 }] } },
    test: { model: measured(0.25), bm25: measured(0.5), fused: measured(0.625), weight: 0.2 },
  }
  writeFileSync(join(run, 'history.json'), JSON.stringify(record))
  writeFileSync(join(out, 'README.md'), '# a\n<!-- card -->\nold\n<!-- end of card -->\nb\n')
  return { run, out }
}

describe('the package made from a run', () => {
  it('holds weights in float16, the tokenizer and a card, and is read again', async () => {
    const { run, out } = await standIn('whole')
    const card = await makePackage(run, out)
    expect(readdirSync(join(out, 'weights')).sort()).toEqual([
      'card.json',
      'model.safetensors',
      'tokenizer.json',
    ])
    const weights = readFileSync(join(out, 'weights/model.safetensors'))
    expect(weights.length).toBeLessThan(0.6 * readFileSync(join(run, 'model.safetensors')).length)
    expect([card.bytes, card.updates, card.minutes, card.weight]).toEqual([
      weights.length,
      5,
      2,
      0.2,
    ])
    const readme = readFileSync(join(out, 'README.md'), 'utf8')
    expect(readme).toMatch(/^# a\n<!-- card -->\n[\s\S]*<!-- end of card -->\nb\n$/)
    expect(readme).toContain(
      'npx winnow train retrieval --data wordnet --stage tune --batch 8 --learning-rate 0.001 --seed 7 --steps 5\n',
    )
    expect(readme).toContain('| both | **0.625 (0.525 to 0.725)**')
    expect(readme).not.toContain('old')
    const before = memory().numTensors
    const from = pathToFileURL(`${out}/weights/`)
    expect(await loadTinySearchCard({ from })).toEqual(card)
    const loaded = await loadTinyRetriever({ from })
    expect([loaded.width, loaded.weight, loaded.model.hash]).toEqual([16, 0.2, card.sha256])
    loaded[Symbol.dispose]()
    expect(memory().numTensors).toBe(before)
  })

  it('is not made from another stage, or a run that goes on', async () => {
    const other = await standIn('other', 'mlm')
    await expect(makePackage(other.run, other.out)).rejects.toThrow("stage 'mlm', expected 'tune'")
    const { run, out } = await standIn('unfinished')
    writeFileSync(join(run, 'checkpoint.safetensors'), '')
    await expect(makePackage(run, out)).rejects.toThrow('an unfinished run came')
    expect(readdirSync(out)).toEqual(['README.md'])
  })
})
