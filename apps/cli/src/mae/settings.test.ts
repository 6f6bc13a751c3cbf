import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Rng } from '@winnow/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putIdx } from '../testing/tiny-data.ts'
import { type MaeSettings, maeData } from './settings.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const settings = (more: Partial<MaeSettings>): MaeSettings => ({
  data: putIdx(join(folder, 'a.idx'), 100),
  batch: 8,
  patch: 4,
  width: 8,
  depth: 1,
  heads: 2,
  decoderWidth: 8,
  decoderDepth: 1,
  mask: 'random',
  ratio: 0.75,
  target: 'pixels',
  learningRate: 1e-3,
  seed: 1,
  ...more,
})

/** Different values of the first pass over the training data, and the shape of a batch. */
async function seen(more: Partial<MaeSettings>) {
  const { training } = await maeData(settings(more))
  const values = new Set<number>()
  let shape: readonly number[] = []
  for await (const { inputs } of training.epoch(new Rng(1), 0)) {
    for (const value of inputs.data) values.add(value)
    shape = inputs.shape
  }
  return { values: values.size, shape }
}

describe('maeData', () => {
  it('holds out what is watched and tested', async () => {
    const data = await maeData(settings({}))
    expect([data.trainingItems, data.validation.length, data.test.length]).toEqual([86, 4, 10])
    expect([data.stepsPerEpoch, data.input]).toEqual([10, [8, 8, 1]])
  })

  it('crops where it is asked to, which blends pixels of an edge', async () => {
    const plain = await seen({})
    expect(plain).toEqual({ values: 32, shape: [8, 8, 8, 1] })
    const cropped = await seen({ crop: true })
    expect(cropped.values).toBeGreaterThan(100)
    expect(cropped.shape).toEqual(plain.shape)
  })
})
