import '@tensorflow/tfjs-backend-cpu'
import { memory, setBackend } from '@tensorflow/tfjs-core'
import { fromArrays } from '@winnow/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { plan, secondsPerStep } from './pace.ts'
import type { VaeData, VaeSettings } from './settings.ts'

beforeAll(() => setBackend('cpu'))

const settings: VaeSettings = {
  data: 'toy',
  batch: 4,
  latent: 2,
  hidden: [4],
  likelihood: 'bernoulli',
  binarise: 'none',
  beta: 1,
  warmup: 0,
  freeBits: 0,
  learningRate: 1e-3,
  seed: 1,
}

function toy(): VaeData {
  const items = fromArrays({ data: new Float32Array(24 * 3).fill(1), shape: [24, 3] })
  return {
    name: 'toy',
    training: items.shuffle().batch(4),
    trainingItems: 24,
    stepsPerEpoch: 6,
    validation: items,
    test: items,
    input: [3],
    normalisation: undefined,
  }
}

/** A clock on which the first five updates are slow and the others take `each` seconds. */
function clock(each: number): { now: () => number; calls: () => number } {
  let calls = 0
  let time = 100
  const now = (): number => {
    calls++
    time += calls <= 5 ? 7 : each
    return time
  }
  return { now, calls: () => calls }
}

describe('secondsPerStep', () => {
  it('leaves the slow first updates out', async () => {
    const { now, calls } = clock(0.05)
    const before = memory().numTensors
    expect(await secondsPerStep(toy(), settings, { budget: 4, now })).toBeCloseTo(0.05, 9)
    // Ten make half a second, more than a tenth of the budget: enough.
    expect(calls()).toBe(15)
    expect(memory().numTensors).toBe(before)
  })

  it('times quick updates for a tenth of the budget, three seconds at most, and slow ones ten times', async () => {
    const run = async (each: number, budget: number) => {
      const { now, calls } = clock(each)
      await secondsPerStep(toy(), settings, { budget, now })
      return calls() - 5
    }
    expect(await run(0.03125, 20)).toBe(64)
    expect(await run(0.03125, 3600)).toBe(96)
    expect(await run(30, 20)).toBe(10)
  })
})

describe('plan', () => {
  it('takes updates as they are, and epochs by their length', async () => {
    expect(await plan(toy(), { ...settings, steps: 1234 })).toEqual({ steps: 1234 })
    expect(await plan(toy(), { ...settings, epochs: 7 })).toEqual({ steps: 42 })
  })

  it('measures where minutes are asked for', async () => {
    const { steps, reason } = await plan(toy(), { ...settings, minutes: 0.005 })
    expect(steps).toBeGreaterThanOrEqual(1)
    expect(reason).toMatch(
      new RegExp(`^0\\.005 minutes hold [\\d,]+ updates of [\\d.]+ ms here; --steps ${steps} `),
    )
  })
})
