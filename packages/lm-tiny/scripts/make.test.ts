import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { memory } from '@tensorflow/tfjs-core'
import { Rng, save, useBackend } from '@winnow/core'
import { bitsPerByte, LanguageModel } from '@winnow/lm'
import { trainTokenizer } from '@winnow/text'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTinyCard, loadTinyModel } from '../src/index.ts'
import { makePackage } from './make.ts'

const tokenizer = trainTokenizer(['In the beginning was a dog | of the House'], { vocabulary: 280 })
const settings = {
  data: 'wordnet,kjv',
  batch: 8,
  learningRate: 0.004,
  seed: 7,
  out: '/tmp/x',
  steps: 5,
}

let folder: string
beforeAll(async () => {
  await useBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A run's folder with a model of random weights, and a package's with a README. */
async function standIn(name: string, record: object = {}): Promise<{ run: string; out: string }> {
  const [run, out] = [join(folder, name, 'run'), join(folder, name, 'package')]
  mkdirSync(run, { recursive: true })
  mkdirSync(out)
  const config = { vocabulary: 280, tokens: 16, features: 16, depth: 1, heads: 2 }
  using model = new LanguageModel(config, new Rng(3))
  await save(model, join(run, 'model.safetensors'))
  writeFileSync(join(run, 'tokenizer.json'), JSON.stringify(tokenizer))
  const test = {
    bitsPerByte: 1.5,
    natsPerToken: 4,
    bytes: 12345,
    nGram: 1.25,
    gzip: 2.5,
    samples: ['a *b* | c\n<d>'],
  }
  const history = { epochs: [{ seconds: 90 }, { seconds: 30 }] }
  const progress = { steps: 5, ended: 'finished', history }
  const backend = { name: 'onnx', device: 'cpu (2 threads)' }
  writeFileSync(
    join(run, 'history.json'),
    JSON.stringify({ kind: 'lm', settings, backend, run: progress, test, ...record }),
  )
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
    expect(JSON.parse(readFileSync(join(out, 'weights/card.json'), 'utf8'))).toEqual(card)
    const weights = readFileSync(join(out, 'weights/model.safetensors'))
    expect(weights.length).toBeLessThan(0.6 * readFileSync(join(run, 'model.safetensors')).length)
    expect([card.bytes, card.updates, card.minutes]).toEqual([weights.length, 5, 2])
    const readme = readFileSync(join(out, 'README.md'), 'utf8')
    expect(readme).toMatch(/^# a\n<!-- card -->\n[\s\S]*<!-- end of card -->\nb\n$/)
    expect(readme).toContain(
      'npx winnow train lm --data wordnet,kjv --batch 8 --learning-rate 0.004 --seed 7 --steps 5\n',
    )
    expect(readme).toContain('| bits per byte | **1.500** on 12,345 bytes that it has not seen |')
    expect(readme).toContain('> a \\*b\\* \\| c \\<d\\>')
    expect(readme).toContain('WordNet licence')
    expect(readme).not.toContain('old')

    const before = memory().numTensors
    const from = pathToFileURL(`${out}/weights/`)
    expect(await loadTinyCard({ from })).toEqual(card)
    const loaded = await loadTinyModel({ from })
    expect(loaded.tokenizer.decode(loaded.tokenizer.encode('a dog'))).toBe('a dog')
    const { natsPerToken } = await bitsPerByte(loaded.model, loaded.tokenizer, card.trial.text, {
      batch: 1,
    })
    expect(natsPerToken).toBeCloseTo(card.trial.natsPerToken, 4)
    expect(card.trial.natsPerToken).not.toBe(card.trial.beforeRounding)
    loaded[Symbol.dispose]()
    expect(memory().numTensors).toBe(before)
  })

  it.each([
    ['of another kind', { kind: 'vae' }, "a run of 'vae' came, expected 'lm'"],
    ['that goes on', {}, 'an unfinished run came'],
  ])('is not made from a run %s', async (name, record, words) => {
    const { run, out } = await standIn(name, record)
    if (name === 'that goes on') writeFileSync(join(run, 'checkpoint.safetensors'), '')
    await expect(makePackage(run, out)).rejects.toThrow(words)
    expect(readdirSync(out)).toEqual(['README.md'])
    expect(readFileSync(join(out, 'README.md'), 'utf8')).toContain('old')
  })

  it('is refused in words where files are missing or broken', async () => {
    const { run, out } = await standIn('broken')
    const from = pathToFileURL(`${out}/weights/`)
    await expect(loadTinyModel({ from })).rejects.toThrow('there is no such file')
    await makePackage(run, out)
    writeFileSync(join(out, 'weights/tokenizer.json'), '{')
    await expect(loadTinyModel({ from })).rejects.toThrow(/tokenizer\.json: not JSON/)
    expect(existsSync(join(out, 'weights/card.json'))).toBe(true)
  })
})
