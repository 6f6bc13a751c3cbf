import '@tensorflow/tfjs-backend-cpu'
import { memory, setBackend } from '@tensorflow/tfjs-core'
import { fromArrays, Rng } from '@winnow/core'
import { mlp } from '@winnow/layers'
import { VAE } from '@winnow/vae'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Pacing, plan, secondsPerStep } from './pace.ts'

beforeAll(() => setBackend('cpu'))

function toy(): Pacing {
  const items = fromArrays({ data: new Float32Array(24 * 3).fill(1), shape: [24, 3] })
  return {
    training: items.shuffle().batch(4),
    stepsPerEpoch: 6,
    model: () =>
      new VAE({ input: [3], latent: 2, encoder: mlp([4]), decoder: mlp([4]) }, new Rng(1)),
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
    expect(await secondsPerStep(toy(), { budget: 4, now })).toBeCloseTo(0.05, 9)
    // Ten make half a second, more than a tenth of the budget: enough.
    expect(calls()).toBe(15)
    expect(memory().numTensors).toBe(before)
  })

  it('times quick updates for a tenth of the budget, three seconds at most, and slow ones ten times', async () => {
    const run = async (each: number, budget: number) => {
      const { now, calls } = clock(each)
      await secondsPerStep(toy(), { budget, now })
      return calls() - 5
    }
    expect(await run(0.03125, 20)).toBe(64)
    expect(await run(0.03125, 3600)).toBe(96)
    expect(await run(30, 20)).toBe(10)
  })
})

describe('plan', () => {
  it('takes updates as they are, and epochs by their length', async () => {
    expect(await plan(toy(), { steps: 1234 }, 2)).toEqual({ steps: 1234 })
    expect(await plan(toy(), { epochs: 7 }, 2)).toEqual({ steps: 42 })
  })

  it('measures where minutes are asked for', async () => {
    const { steps, reason } = await plan(toy(), { minutes: 0.005 }, 2)
    expect(steps).toBeGreaterThanOrEqual(1)
    expect(reason).toMatch(
      new RegExp(`^0\\.005 minutes hold [\\d,]+ updates of [\\d.]+ ms here; --steps ${steps} `),
    )
  })
})
