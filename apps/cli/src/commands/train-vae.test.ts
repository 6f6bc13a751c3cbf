import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../run/run-folder.ts'
import { winnow } from '../testing/command-line.ts'
import { putCsv, putFolder, putIdx, putNpy } from '../testing/tiny-data.ts'
import type { VaeMeasures } from '../vae/measure.ts'
import type { VaeSettings } from '../vae/settings.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const small = ['--hidden', '16', '--latent', '2', '--batch', '8', '--backend', 'cpu']
const train = (data: string, out: string, ...more: readonly string[]) =>
  winnow('train', 'vae', '--data', data, '--out', out, ...small, ...more)
const record = (out: string) =>
  JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as RunRecord<VaeSettings, VaeMeasures>
const model = (out: string) => readFileSync(join(out, 'model.safetensors'))
const pictures = ['curves.png', 'latent-walk.png', 'reconstructions.png', 'samples.png']

describe('winnow train vae', () => {
  it('trains on an IDX file, writes the folder and says what came of it', async () => {
    const out = join(folder, 'idx-run')
    const data = putIdx(join(folder, 'images.idx'), 100)
    const { code, out: text, err } = await train(data, out, '--epochs', '2')
    expect(code).toBe(0)
    expect(readdirSync(out).sort()).toEqual(
      [...pictures, 'history.json', 'model.safetensors', 'plan.json'].sort(),
    )
    // 100 items: 10 to test, a tenth of the rest to watch, 81 to train on, in batches of 8.
    const { kind, settings, backend, run, test } = record(out)
    expect([kind, settings.data, backend.name]).toEqual(['vae', data, 'cpu'])
    expect([run.steps, run.ended, test.items]).toEqual([20, 'finished', 10])
    expect(run.history.steps).toHaveLength(20)
    expect(run.history.epochs[1]?.validation?.['elbo']).toBeLessThan(0)
    expect(test.elbo).toBeCloseTo(-(test.reconstruction + test.kl), 4)
    expect(err).toContain('backend cpu: plain JavaScript')
    expect(err).toContain('images.idx: 81 items of [8,8,1] to train on')
    expect(err).toMatch(/^epoch 2\/2 {2}0:0\d {2}loss /m)
    expect(text).toContain(`test ELBO       ${test.elbo.toFixed(2)}  nats`)
    expect(text).toMatch(/20 updates \(2\.0 epochs\); 0:\d\d in all on cpu/)
    for (const name of readdirSync(out)) expect(text).toContain(name)
    for (const name of pictures) {
      const { format, width } = await sharp(join(out, name)).metadata()
      expect([name, format]).toEqual([name, 'png'])
      expect(width).toBeGreaterThan(100)
    }
  })

  it('makes as many updates as asked for, however many epochs they take, and the same ones again', async () => {
    const data = putNpy(join(folder, 'images.npy'), 60)
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, name)) as [string, string, string]
    // 60 items: 6 to test, 5 to watch, 49 to train on: 6 updates an epoch.
    expect((await train(data, a, '--steps', '40')).code).toBe(0)
    expect(record(a).run.steps).toBe(40)
    expect(record(a).run.history.epochs).toHaveLength(7)
    await train(data, b, '--steps', '40')
    expect(model(b).equals(model(a))).toBe(true)
    await train(data, c, '--steps', '40', '--seed', '8')
    expect(model(c).equals(model(a))).toBe(false)
  })

  it('fits the updates into --minutes; the run is a function of their number alone', async () => {
    const data = putNpy(join(folder, 'images.npy'), 60)
    const [timed, counted] = [join(folder, 'timed'), join(folder, 'counted')]
    const { code, err } = await train(data, timed, '--minutes', '0.01')
    expect(code).toBe(0)
    const { steps } = record(timed).run
    expect(steps).toBeGreaterThan(1)
    expect(err).toContain(`0.01 minutes hold ${steps.toLocaleString('en')} updates of `)
    expect(err).toContain(`--steps ${steps} gives the same model on this backend`)
    await train(data, counted, '--steps', String(steps))
    expect(model(counted).equals(model(timed))).toBe(true)
  })

  it('learns to tell two kinds of images apart', async () => {
    const out = join(folder, 'learns')
    const data = putNpy(join(folder, 'learns.npy'), 200)
    await train(data, out, '--steps', '150', '--learning-rate', '0.01')
    // Coin tosses would cost 64 ln 2 = 44 nats; knowing the kind leaves the noise of the binarisation, about 7.5.
    expect(record(out).test.elbo).toBeGreaterThan(-12)
    expect(record(out).run.history.epochs[0]?.training['elbo']).toBeLessThan(-25)
  })

  it('trains on a folder of images by convolutions', async () => {
    const out = join(folder, 'folder-run')
    const data = await putFolder(join(folder, 'images'), 40)
    const more = [
      '--steps',
      '2',
      '--conv',
      '--hidden',
      '4,8',
      '--likelihood',
      'discretisedLogistic',
    ]
    expect(await train(data, out, ...more)).toMatchObject({ code: 0 })
    expect(readdirSync(out)).toEqual(expect.arrayContaining(pictures))
  })

  it('trains on numbers in a CSV file, of which there are no pictures but the curves', async () => {
    const out = join(folder, 'csv-run')
    const data = putCsv(join(folder, 'numbers.csv'), 50, (row, column) => String(row * 7 + column))
    expect(await train(data, out, '--steps', '3', '--likelihood', 'gaussian')).toMatchObject({
      code: 0,
    })
    expect(readdirSync(out).sort()).toEqual([
      'curves.png',
      'history.json',
      'model.safetensors',
      'plan.json',
    ])
    expect(record(out).normalisation?.offset).toHaveLength(4)
  })

  it('raises beta from zero over the warm-up', async () => {
    const out = join(folder, 'warm')
    const data = putIdx(join(folder, 'warm.idx'), 60)
    await train(data, out, '--steps', '4', '--warmup', '2', '--beta', '3')
    const weights = record(out).run.history.steps.map(
      ({ metrics: { loss = 0, reconstruction = 0, kl = 1 } }) => (loss - reconstruction) / kl,
    )
    for (const [i, weight] of [0, 1.5, 3, 3].entries()) expect(weights[i]).toBeCloseTo(weight, 2)
  })

  it.each([
    ['an unknown name', 'mnits', [], "'mnits' is neither known nor a file or folder here. Did you"],
    ['a missing folder', './nowhere', [], "'./nowhere' is neither known nor a file or folder"],
    ['an empty folder', 'empty', [], 'empty: no images there'],
    ['too large a batch', 'few.idx', ['--batch', '1000'], '--batch: 1000 came, but only 49 items'],
    ['too few items', 'three.idx', [], '3 items came, too few to keep a tenth back'],
    [
      'an unknown backend',
      'few.idx',
      ['--backend', 'wsm'],
      "'wsm' is not known. Did you mean 'wasm'",
    ],
    ['values out of range', 'large.csv', [], 'large.csv: values up to 9 came, bernoulli() expects'],
    ['not a number', 'nan.csv', [], `nan.csv: row 7, column 'c': "NaN" came`],
    [
      'convolutions on numbers',
      'large.csv',
      ['--conv', '--likelihood', 'gaussian'],
      '--conv: items',
    ],
  ])('refuses %s in words, and writes nothing', async (_, name, more, words) => {
    mkdirSync(join(folder, 'empty'), { recursive: true })
    putIdx(join(folder, 'few.idx'), 60)
    putIdx(join(folder, 'three.idx'), 3)
    putCsv(join(folder, 'large.csv'), 40, () => '9')
    putCsv(join(folder, 'nan.csv'), 40, (row, column) => (row === 5 && column === 2 ? 'NaN' : '0'))
    const path = join(folder, name)
    const out = join(folder, 'refused')
    const data = existsSync(path) ? path : name
    const ending = await train(data, out, '--steps', '1', ...more)
    expect([ending.code, ending.out]).toEqual([1, ''])
    expect(ending.err).toContain(words)
    expect(ending.err).toMatch(/^winnow: /m)
    expect(existsSync(out)).toBe(false)
  })

  it('stops where the loss is no number, below the bar, and writes no model', async () => {
    const out = join(folder, 'explodes')
    const data = putCsv(join(folder, 'huge.csv'), 50)
    const ending = await train(data, out, '--steps', '50', '--learning-rate', '1e30')
    expect(ending.code).toBe(1)
    expect(ending.err).toMatch(
      /\nwinnow: fit: \w+ is (NaN|-?Infinity) at step \d+ \(epoch \d+\); first/,
    )
    expect(readdirSync(out)).toEqual(['plan.json'])
  })
})
