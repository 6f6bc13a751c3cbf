import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tensor, tidy } from '@tensorflow/tfjs-core'
import { Rng, restore, useBackend } from '@winnow/core'
import { SparseAutoencoder } from '@winnow/sae'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../run/run-folder.ts'
import type { SaeMeasures } from '../sae/measure.ts'
import type { SaeSettings } from '../sae/settings.ts'
import type { ReportData } from '../sae-report/data.ts'
import { type Ending, winnow } from '../testing/command-line.ts'
import { putTexts } from '../testing/tiny-texts.ts'

let folder: string
let data: string
let lm: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
  data = putTexts(join(folder, 'texts'), 60)
  lm = join(folder, 'lm')
  const small = '--vocabulary 300 --context 16 --width 16 --depth 2 --heads 2 --batch 8'.split(' ')
  const { code } = await winnow(
    ...['train', 'lm', '--data', data, '--out', lm, ...small],
    ...['--steps', '60', '--learning-rate', '0.02', '--backend', 'onnx'],
  )
  expect(code).toBe(0)
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

const small = '--at blocks.0 --latents 64 --k 4 --batch 64 --tokens 3000 --dead-after 2000'.split(
  ' ',
)
const train = (out: string, ...more: readonly string[]): Promise<Ending> =>
  winnow('train', 'sae', '--model', lm, '--out', out, ...small, '--backend', 'cpu', ...more)
const record = (out: string) =>
  JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as RunRecord<SaeSettings, SaeMeasures>

describe('winnow train sae', () => {
  it('trains on activations of a language model, and shows its features in a page', async () => {
    const out = join(folder, 'run')
    const { code, out: text, err } = await train(out, '--steps', '100', '--learning-rate', '0.01')
    expect([code, err]).toEqual([
      0,
      expect.stringContaining('activations: 3,000 tokens at blocks.0'),
    ])
    expect(err).toContain('tokens/s')
    expect(readdirSync(out).sort()).toEqual(
      'curves.png history.json model.safetensors plan.json'.split(' '),
    )
    const { kind, settings, test } = record(out)
    expect([kind, settings.data]).toEqual(['sae', data])
    expect(test.explainedVariance).toBeGreaterThan(0.7)
    expect(test.explainedVariance + test.normalisedMeanSquaredError).toBeCloseTo(1, 6)
    expect(test.l0).toBeGreaterThan(3)
    expect(test.l0).toBeLessThanOrEqual(4)
    const { original, spliced, ablated } = test.losses
    expect(spliced).not.toBe(original)
    expect(Math.abs(spliced - original)).toBeLessThan(0.2)
    expect(ablated).toBeGreaterThan(original + 2)
    expect(test.lossRecovered).toBeCloseTo((ablated - spliced) / (ablated - original), 6)
    expect(text).toContain(`explained variance  ${test.explainedVariance.toFixed(4)}`)
    expect((await sharp(join(out, 'curves.png')).metadata()).format).toBe('png')

    const again = await winnow('eval', out, '--json', '--backend', 'cpu')
    expect(again.code).toBe(0)
    const measures = JSON.parse(again.out) as SaeMeasures
    expect(measures.explainedVariance).toBeCloseTo(test.explainedVariance, 5)
    expect(measures.losses.spliced).toBeCloseTo(spliced, 5)

    const report = await winnow('sae', 'report', out, '--tokens', '600', '--backend', 'cpu')
    expect([report.code, report.out]).toEqual([
      0,
      expect.stringContaining('64 features over 600 tokens'),
    ])
    checkPage(readFileSync(join(out, 'report.html'), 'utf8'))
    const exported = await winnow('export', out)
    expect(exported.out).toContain('x [batch, 16] -> latents [batch, 64], reconstruction')
    await checkOnnx(out)
  }, 90_000)

  it('finds activations again, goes on by the plan alone, and trains a ReLU', async () => {
    const [a, b] = ['a', 'b'].map((name) => join(folder, name)) as [string, string]
    await train(a, '--steps', '3')
    const model = (): Buffer => readFileSync(join(a, 'model.safetensors'))
    const before = model()
    rmSync(join(a, 'model.safetensors'))
    // All that is needed stands in the plan.
    expect((await winnow('train', 'sae', '--resume', a)).code).toBe(0)
    expect(model().equals(before)).toBe(true)
    const { code, err } = await train(b, '--steps', '40', '--kind', 'relu', '--l1', '0.001')
    expect([code, err]).toEqual([0, expect.stringContaining('(found again)')])
    expect(record(b).test.l0).toBeGreaterThan(4)
    expect(readdirSync(join(lm, 'activations'))).toHaveLength(1)
  }, 90_000)

  it('reads the model that comes along where none is named', async () => {
    const here = process.cwd()
    process.chdir(folder)
    try {
      const sizes = '--latents 64 --k 4 --batch 64 --tokens 500 --steps 2 --backend onnx'.split(' ')
      const { code, err } = await winnow('train', 'sae', '--data', data, '--out', 'tiny', ...sizes)
      expect([code, err]).toEqual([0, expect.stringContaining('runs/lm-tiny/activations')])
      expect(record('tiny').settings).toMatchObject({ model: 'tiny', data, at: 'blocks.1' })
      expect(record('tiny').test.losses.ablated).toBeGreaterThan(0)
      const report = await winnow('sae', 'report', 'tiny', '--tokens', '300')
      expect([report.code, report.out]).toEqual([0, expect.stringContaining('64 features')])
    } finally {
      process.chdir(here)
    }
  }, 90_000)

  it.each([
    ['a folder without one', ['--model', '/nowhere'], '/nowhere/history.json'],
    ['a place that is not there', ['--at', 'blocks.7'], "--at: 'blocks.7'"],
    ['k over the dictionary', ['--k', '65'], 'k: 65 came'],
    ['an unknown kind', ['--kind', 'top'], 'Expected one of: topk, relu'],
  ])('refuses %s in words, and writes nothing', async (_, more, words) => {
    const out = join(folder, 'refused')
    const { code, err } = await train(out, '--steps', '1', ...more)
    expect([code, err]).toEqual([1, expect.stringContaining(words)])
    expect(existsSync(out)).toBe(false)
  })
})

/** A page that fetches nothing, with examples whose strong token has the strongest shade. */
function checkPage(html: string): void {
  expect(html).not.toMatch(/(src|href)=|https?:|@import|url\(/)
  const json = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(html)?.[1]
  const { features, stream, vocabulary } = JSON.parse(json as string) as ReportData
  expect([features.length, stream.length, vocabulary.length]).toEqual([64, 601, 300])
  // TopK 4 of 600 tokens.
  const total = features.reduce((sum, { on }) => sum + on, 0)
  expect(total).toBeGreaterThan(3 * 600)
  expect(total).toBeLessThanOrEqual(4 * 600)
  for (const { on, bins, near, up, down, examples } of features) {
    expect(bins.reduce((sum, count) => sum + count, 0)).toBe(on)
    expect(examples.length > 0).toBe(on > 0)
    const [first] = examples
    if (first !== undefined) expect(first.levels[first.peak - first.start]).toBe('z')
    for (const { start, levels } of examples) {
      expect(start + levels.length).toBeLessThanOrEqual(601)
    }
    expect([near.length, up.length, down.length]).toEqual([8, 10, 10])
    expect(up[0]?.[1]).toBeGreaterThan(0)
    expect(down[0]?.[1]).toBeLessThan(0)
  }
}

/** ONNX Runtime alone finds the same latents, for another batch than any of the training. */
async function checkOnnx(out: string): Promise<void> {
  await useBackend('cpu')
  using sae = await restore(SparseAutoencoder, join(out, 'model.safetensors'))
  const x = new Rng(1).normalValues(5 * 16)
  const latents = tidy(() => sae.features(tensor(x, [5, 16])))
  const session = await InferenceSession.create(readFileSync(join(out, 'model.onnx')))
  const found = await session.run({ x: new Tensor('float32', x, [5, 16]) })
  expect(found['latents']?.dims).toEqual([5, 64])
  expect(found['latents']?.data as Float32Array).toBeAllClose(latents.dataSync(), {
    absolute: 1e-5,
  })
}
