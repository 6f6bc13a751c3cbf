import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tokenizerFrom } from '@winnow/text'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LmMeasures } from '../lm/measure.ts'
import type { LmSettings } from '../lm/settings.ts'
import type { RunRecord } from '../run/run-folder.ts'
import { type Ending, winnow } from '../testing/command-line.ts'
import { putTexts } from '../testing/tiny-texts.ts'

let folder: string
let data: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  data = putTexts(join(folder, 'texts'), 60)
})
afterAll(() => rmSync(folder, { recursive: true }))

const small = '--vocabulary 300 --context 16 --width 16 --depth 1 --heads 2 --batch 8'.split(' ')
const train = (out: string, ...more: readonly string[]): Promise<Ending> =>
  winnow('train', 'lm', '--data', data, '--out', out, ...small, '--backend', 'onnx', ...more)
const record = (out: string) =>
  JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as RunRecord<LmSettings, LmMeasures>
const model = (out: string): Buffer => readFileSync(join(out, 'model.safetensors'))

describe('winnow train lm', () => {
  it('trains on a folder of texts, writes the folder and says what came of it', async () => {
    const out = join(folder, 'run')
    const { code, out: text, err } = await train(out, '--steps', '150', '--learning-rate', '0.02')
    expect([code, err]).toEqual([0, expect.stringContaining('texts: ')])
    expect(readdirSync(out).sort()).toEqual(
      'curves.png history.json model.safetensors plan.json samples.txt tokenizer.json'.split(' '),
    )
    const { kind, run, test, watched } = record(out)
    expect([kind, run.steps]).toEqual(['lm', 150])
    // The texts differ by a number and an animal: far below what gzip needs.
    expect(test.bitsPerByte).toBeLessThan(0.6)
    expect(test.gzip).toBeGreaterThan(test.bitsPerByte)
    expect(test.nGram).toBeGreaterThan(0)
    const points = watched as { step: number; bitsPerByte: number }[]
    expect(points[0]?.step).toBe(1)
    expect(points.at(-1)?.step).toBe(150)
    expect(points.at(-1)?.bitsPerByte).toBeLessThan((points[0]?.bitsPerByte ?? 0) / 4)
    expect(points.at(-1)?.bitsPerByte).toBeCloseTo(test.bitsPerByte, 0)
    expect(text).toContain(`bits per byte  ${test.bitsPerByte.toFixed(3)}`)
    expect(text).toContain(`gzip           ${test.gzip.toFixed(3)}`)
    expect(text).toContain('sample 1 (temperature 0.8): The ')
    expect(readFileSync(join(out, 'samples.txt'), 'utf8')).toContain(test.samples[2]?.trim())
    const tokenizer = tokenizerFrom(JSON.parse(readFileSync(join(out, 'tokenizer.json'), 'utf8')))
    expect(tokenizer.encode(' slept')).toHaveLength(1)
    expect((await sharp(join(out, 'curves.png')).metadata()).format).toBe('png')

    const again = await winnow('eval', out, '--json')
    expect(again.code).toBe(0)
    const measures = JSON.parse(again.out) as LmMeasures
    expect(measures.bitsPerByte).toBeCloseTo(test.bitsPerByte, 4)
    expect(measures.nGram).toBe(test.nGram)
    const exported = await winnow('export', out)
    expect(exported.out).toContain('ids int32 [batch, 16] -> logits [batch, 16, 300]')
    expect(existsSync(join(out, 'model.onnx'))).toBe(true)
  })

  it('makes the same model again, and another of another seed', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, name)) as [string, string, string]
    await train(a, '--steps', '6')
    await train(b, '--steps', '6')
    await train(c, '--steps', '6', '--seed', '8')
    expect(model(b).equals(model(a))).toBe(true)
    expect(model(c).equals(model(a))).toBe(false)
  })

  it.each([
    ['an unknown name', ['--data', 'wordnte'], "Did you mean 'wordnet'"],
    ['a context longer than the texts', ['--context', '5000'], '--context: 5000 came'],
    ['too large a batch', ['--batch', '5000'], 'batch: 5000 came'],
    ['heads that do not divide', ['--heads', '3'], 'heads: 3 came'],
    ['a vocabulary below the bytes', ['--vocabulary', '256'], 'a whole number >= 257'],
    ['a size, which texts have not', ['--size', '3'], "unknown option '--size'"],
  ])('refuses %s in words, and writes nothing', async (_, more, words) => {
    const out = join(folder, 'refused')
    const { code, err } = await train(out, '--steps', '1', ...more)
    expect([code, err]).toEqual([1, expect.stringContaining(words)])
    expect(existsSync(out)).toBe(false)
  })
})
