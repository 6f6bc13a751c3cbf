import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setBackend } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadData } from '../data/load-data.ts'
import { putCsv, putIdx } from '../testing/tiny-data.ts'
import { testData, type VaeSettings, vaeData, vaeModel } from './settings.ts'

let folder: string
beforeAll(async () => {
  await setBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const settings = (data: string, more: Partial<VaeSettings> = {}): VaeSettings => ({
  data,
  batch: 8,
  latent: 2,
  likelihood: 'bernoulli',
  binarise: 'random',
  beta: 1,
  warmup: 0,
  freeBits: 0,
  learningRate: 1e-3,
  seed: 1,
  ...more,
})

const valuesOf = (items: Awaited<ReturnType<typeof vaeData>>['test']): Set<number> =>
  new Set(items.gather(Array.from({ length: items.length }, (_, i) => i)).inputs.data)

describe('vaeData', () => {
  it('cuts the data in three, and binarises images for a Bernoulli likelihood', async () => {
    const data = await vaeData(settings(putIdx(join(folder, 'a.idx'), 200)))
    expect([data.trainingItems, data.validation.length, data.test.length]).toEqual([162, 18, 20])
    expect([data.stepsPerEpoch, data.input]).toEqual([20, [8, 8, 1]])
    expect(valuesOf(data.validation)).toEqual(new Set([0, 1]))
    expect(valuesOf(data.test)).toEqual(new Set([0, 1]))
  })

  it('keeps grey values where it is told to', async () => {
    const data = await vaeData(settings(putIdx(join(folder, 'a.idx'), 200), { binarise: 'none' }))
    const values = [...valuesOf(data.test)]
    expect(values.length).toBeGreaterThan(2)
    expect(Math.max(...values)).toBeLessThanOrEqual(1)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
  })

  it('brings bytes to the range of the likelihood, and other numbers to mean 0 and deviation 1', async () => {
    const images = putIdx(join(folder, 'a.idx'), 200)
    const logistic = await vaeData(settings(images, { likelihood: 'discretisedLogistic' }))
    const values = [...valuesOf(logistic.test)].map((value) => value * 255)
    expect(values.length).toBeGreaterThan(2)
    for (const value of values) expect(value).toBeCloseTo(Math.round(value), 4)
    const numbers = putCsv(join(folder, 'n.csv'), 100, (row) => String(row * 100))
    const gaussian = await vaeData(settings(numbers, { likelihood: 'gaussian' }))
    expect(Math.max(...[...valuesOf(gaussian.test)].map(Math.abs))).toBeLessThan(2)
    expect(gaussian.normalisation?.offset[0]).toBeGreaterThan(3000)
  })

  it('tests on the same binary images whatever the seed, and again in eval', async () => {
    const path = putIdx(join(folder, 'a.idx'), 200)
    const inputs = (items: Awaited<ReturnType<typeof vaeData>>['test']) =>
      items.gather([0, 5, 9]).inputs.data
    const one = await vaeData(settings(path, { seed: 1 }))
    const two = await vaeData(settings(path, { seed: 2 }))
    expect(inputs(two.test)).toEqual(inputs(one.test))
    const again = testData(
      await loadData(path, { split: 'test' }),
      settings(path),
      one.normalisation,
    )
    expect(inputs(again)).toEqual(inputs(one.test))
  })

  it('names the remedy for values out of range', async () => {
    const path = putCsv(join(folder, 'bytes.csv'), 40, () => '200')
    await expect(vaeData(settings(path))).rejects.toThrow(
      'bytes.csv: values up to 200 came, bernoulli() expects [0, 1]; divide by 255, or take --likelihood gaussian',
    )
  })
})

describe('vaeModel', () => {
  it('is dense or convolutional, with layers of its own where none are asked for', () => {
    using dense = vaeModel(settings('x', { hidden: [6, 5] }), [8, 8, 1])
    expect(dense.config.encoder).toMatchObject({ hidden: [6, 5] })
    expect(dense.config.decoder).toMatchObject({ hidden: [5, 6] })
    using conv = vaeModel(settings('x', { conv: true }), [8, 8, 1])
    expect(conv.config.encoder).toMatchObject({ channels: [32, 64] })
    expect(conv.config.decoder).toMatchObject({ channels: [64, 32] })
    expect(() => vaeModel(settings('x', { conv: true }), [12])).toThrow(
      '--conv: items have shape [12], expected [height, width, channels]',
    )
  })
})
