import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memory, setBackend } from '@tensorflow/tfjs-core'
import { adam, fit } from '@winnow/core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putCsv, putIdx } from '../testing/tiny-data.ts'
import { measureLogLikelihood, measureVae, report, type VaeMeasures } from './measure.ts'
import { vaePictures } from './pictures.ts'
import { writeRun } from './run-folder.ts'
import { type VaeSettings, vaeData, vaeModel } from './settings.ts'

let folder: string
beforeAll(async () => {
  await setBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const settings = (data: string): VaeSettings => ({
  data,
  batch: 8,
  latent: 2,
  hidden: [8],
  likelihood: 'bernoulli',
  binarise: 'random',
  beta: 1,
  warmup: 0,
  freeBits: 0,
  learningRate: 1e-3,
  seed: 1,
})

async function trained(path: string, steps = 2) {
  const chosen = settings(path)
  const data = await vaeData(chosen)
  const model = vaeModel(chosen, data.input)
  const optimizer = adam({ learningRate: 1e-3 })
  const run = await fit(model, data.training, { steps, optimizer, validation: data.validation })
  return { settings: chosen, data, model, run }
}

const backend = { name: 'cpu', reason: 'a test', device: 'plain JavaScript', refused: [] }
const measures: VaeMeasures = {
  items: 10_000,
  elbo: -118.024,
  reconstruction: 92.3,
  kl: 25.724,
  activeUnits: 19,
  latent: 20,
  klPerDimension: [],
}

describe('measureVae', () => {
  it('gives the same figures each time, of which the ELBO is the sum, and leaks nothing', async () => {
    const { model, data } = await trained(putIdx(join(folder, 'a.idx'), 100))
    const before = memory().numTensors
    const one = await measureVae(model, data.test)
    expect(await measureVae(model, data.test)).toEqual(one)
    expect(one.elbo).toBeCloseTo(-(one.reconstruction + one.kl), 4)
    expect(one.klPerDimension.reduce((a, b) => a + b)).toBeCloseTo(one.kl, 3)
    const estimate = await measureLogLikelihood(model, data.test, { samples: 3, items: 7 })
    expect(estimate).toMatchObject({ samples: 3, items: 7 })
    expect(memory().numTensors).toBe(before)
    model.dispose()
  })
})

describe('report', () => {
  it('sets the figures one below the other', () => {
    expect(report(measures)).toBe(
      [
        'test ELBO       -118.02  nats  = -(reconstruction + KL), mean over 10,000 items',
        'reconstruction    92.30  nats',
        'KL                25.72  nats',
        'active units         19  of 20',
      ].join('\n'),
    )
    const logLikelihood = { value: -112.5, samples: 100, items: 500 }
    expect(report({ ...measures, logLikelihood })).toContain(
      'log-likelihood  -112.50  nats  by importance sampling: 500 items, 100 draws each',
    )
  })
})

describe('vaePictures', () => {
  it('draws originals above what was rebuilt of them, without a leak', async () => {
    const { model, data, run } = await trained(putIdx(join(folder, 'a.idx'), 400))
    const before = memory().numTensors
    const files = await vaePictures(model, data.test, run.history)
    expect(memory().numTensors).toBe(before)
    expect([...files.keys()].sort()).toEqual(
      ['curves.png', 'latent-walk.png', 'reconstructions.png', 'samples.png'].sort(),
    )
    const png = files.get('reconstructions.png') as Uint8Array
    const { data: pixels, info } = await sharp(png).greyscale().raw().toBuffer({
      resolveWithObject: true,
    })
    // Rows of 16: originals, black and white, then grey; twice, since there are 40 test images and 32 are shown.
    const greys = (row: number): number => {
      const height = info.height / 4
      const strip = pixels.subarray(
        Math.floor(row * height + 3) * info.width,
        Math.floor((row + 1) * height - 3) * info.width,
      )
      return strip.filter((value) => value > 40 && value < 215).length / strip.length
    }
    for (const row of [0, 2]) expect(greys(row)).toBe(0)
    for (const row of [1, 3]) expect(greys(row)).toBeGreaterThan(0.5)
    model.dispose()
  })

  it('draws the curves alone for what is no image, and of a run cut short', async () => {
    const { model, data, run } = await trained(putCsv(join(folder, 'a.csv'), 60), 1)
    expect([...(await vaePictures(model, data.test, run.history)).keys()]).toEqual(['curves.png'])
    model.dispose()
  })
})

describe('writeRun', () => {
  it('writes the files that it names, over older ones', async () => {
    const result = await trained(putIdx(join(folder, 'a.idx'), 100))
    const out = join(folder, 'deep', 'run')
    const names = await writeRun(out, { ...result, measured: measures, backend })
    expect(names).toEqual(await writeRun(out, { ...result, measured: measures, backend }))
    expect(readdirSync(out).sort()).toEqual([...names].sort())
    writeFileSync(join(folder, 'file'), '')
    await expect(
      writeRun(join(folder, 'file', 'run'), { ...result, measured: measures, backend }),
    ).rejects.toThrow('a part of the path is a file, expected a folder')
    result.model.dispose()
  })
})
