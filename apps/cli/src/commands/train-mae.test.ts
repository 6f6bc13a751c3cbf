import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MaeMeasures } from '../mae/measure.ts'
import type { MaeSettings } from '../mae/settings.ts'
import type { ProbePoint } from '../mae/watch.ts'
import type { RunRecord } from '../run/run-folder.ts'
import { winnow } from '../testing/command-line.ts'
import { putClasses, putCsv, putIdx } from '../testing/tiny-data.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const small = [
  ...[
    '--width',
    '8',
    '--depth',
    '1',
    '--heads',
    '2',
    '--decoder-width',
    '8',
    '--decoder-depth',
    '1',
  ],
  ...['--batch', '8', '--backend', 'cpu'],
]
const train = (data: string, out: string, ...more: readonly string[]) =>
  winnow('train', 'mae', '--data', data, '--out', out, ...small, ...more)
const record = (out: string) =>
  JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as RunRecord<MaeSettings, MaeMeasures>

describe('winnow train mae', () => {
  it('trains on images with classes, probes on the way, writes pictures; eval and export read it again', async () => {
    const out = join(folder, 'run')
    const data = await putClasses(join(folder, 'images'), 60)
    const {
      code,
      out: text,
      err,
    } = await train(...[data, out, '--steps', '6', '--probe', '3', '--crop', '--flip'])
    expect([code, err.includes('winnow:')]).toEqual([0, false])
    expect(readdirSync(out).sort()).toEqual([
      'curves.png',
      'history.json',
      'model.safetensors',
      'plan.json',
      'probe.png',
      'reconstructions.png',
    ])
    const { kind, settings, run, test, watched } = record(out)
    expect(settings).toMatchObject({ crop: true, flip: true })
    expect([kind, run.steps]).toEqual(['mae', 6])
    expect((watched as ProbePoint[]).map(({ step }) => step)).toEqual([1, 3, 6])
    expect(test.quality?.linearProbe).toBeGreaterThanOrEqual(0)
    expect(test.hiddenError).toBeGreaterThan(0)
    expect(text).toContain('linear probe')
    const { width } = await sharp(join(out, 'reconstructions.png')).metadata()
    expect(width).toBeGreaterThan(100)

    const again = await winnow('eval', out, '--backend', 'cpu')
    expect([again.code, text.includes(again.out.trim())]).toEqual([0, true])
    const exported = await winnow('export', out)
    expect(exported.out).toMatch(/encoder\.onnx .* x \[batch, 8, 8, 3\] -> features \[batch, 8\]/)
    expect(existsSync(join(out, 'encoder.onnx'))).toBe(true)
  })

  it('goes without probes where there are no labels', async () => {
    const out = join(folder, 'unlabelled')
    const { code, out: text } = await train(putIdx(join(folder, 'a.idx'), 60), out, '--steps', '2')
    expect(code).toBe(0)
    expect(text).not.toContain('linear probe')
    expect(record(out).test.quality).toBeUndefined()
  })

  it.each([
    ['numbers', 'n.csv', [], 'expected images [height, width, channels]'],
    ['a patch that does not divide', 'a.idx', ['--patch', '3'], '3'],
    ['a ratio of 1', 'a.idx', ['--ratio', '1'], 'ratio: 1 came'],
    ['too large a batch', 'a.idx', ['--batch', '1000'], '--batch: 1000 came'],
    ['heads that do not divide', 'a.idx', ['--heads', '3'], 'heads'],
  ])('refuses %s in words, and writes nothing', async (_, name, more, words) => {
    putIdx(join(folder, 'a.idx'), 60)
    putCsv(join(folder, 'n.csv'), 60)
    const out = join(folder, 'refused')
    const ending = await train(join(folder, name), out, '--steps', '1', ...more)
    expect([ending.code, ending.out]).toEqual([1, ''])
    expect(ending.err).toContain(words)
    expect(ending.err).toMatch(/^winnow: /m)
    expect(existsSync(out)).toBe(false)
  })
})

describe('winnow compare mae', () => {
  it('measures all ways of training alike, and what an update costs', async () => {
    const out = join(folder, 'comparison')
    const data = await putClasses(join(folder, 'compared'), 80)
    const { code, out: text } = await winnow(
      ...['compare', 'mae', '--data', data, '--out', out, '--steps', '2', '--patch', '2', ...small],
    )
    expect(code).toBe(0)
    const { rows, costs } = JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8'))
    expect(rows.map(({ name }: { name: string }) => name)).toEqual([
      'pixels, no encoder',
      'untrained encoder',
      'plain autoencoder, nothing hidden',
      'masked autoencoder, 25 % hidden',
      'masked autoencoder, 50 % hidden',
      'masked autoencoder, 75 % hidden',
      'masked autoencoder, 90 % hidden',
      'supervised, all labels',
      'masked autoencoder, fine-tuned, all labels',
    ])
    expect(
      rows.map((row: { ownHead?: number }) => row.ownHead !== undefined).lastIndexOf(false),
    ).toBe(6)
    expect(costs.map(({ ratio }: { ratio: number }) => ratio)).toEqual([0, 0.25, 0.5, 0.75, 0.9])
    expect(text).toContain('times quicker than encoding all patches')
    expect(readdirSync(out).sort()).toEqual(['comparison.json', 'ratios.png'])
  }, 120_000)
})
