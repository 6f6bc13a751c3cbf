import '@tensorflow/tfjs-backend-cpu'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memory, setBackend } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putIdx } from '../testing/tiny-data.ts'
import { someMeasures, tinyRun } from '../testing/tiny-run.ts'
import { measureLogLikelihood, measureVae, report } from './measure.ts'

let folder: string
beforeAll(async () => {
  await setBackend('cpu')
  folder = mkdtempSync(join(tmpdir(), 'winnow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('measureVae', () => {
  it('gives the same figures each time, of which the ELBO is the sum, and leaks nothing', async () => {
    const { model, data } = await tinyRun(putIdx(join(folder, 'a.idx'), 100))
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
    expect(report(someMeasures)).toBe(
      [
        'test ELBO       -118.02  nats  = -(reconstruction + KL), mean over 10,000 items',
        'reconstruction    92.30  nats',
        'KL                25.72  nats',
        'active units         19  of 20',
      ].join('\n'),
    )
    const logLikelihood = { value: -112.5, samples: 100, items: 500 }
    expect(report({ ...someMeasures, logLikelihood })).toContain(
      'log-likelihood  -112.50  nats  by importance sampling: 500 items, 100 draws each',
    )
  })
})
