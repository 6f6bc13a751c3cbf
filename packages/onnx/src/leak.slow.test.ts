import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import { activate } from './activate.ts'
import type { Held } from './testing/leaks.ts'
import { compiledSteps, eagerSteps, held, manyShapes, residentBytes } from './testing/leaks.ts'

beforeAll(async () => {
  await activate({ threads: 2 })
})

/** Compares what is held after a few steps with what is held later on. */
function steady(every: number, growth: number): (step: number) => void {
  let first: Held | undefined
  let resident = 0
  return (step) => {
    if (step === 500) {
      first = held()
      resident = residentBytes()
    } else if (step > 500 && step % every === 0) {
      expect(held()).toEqual(first)
      expect(residentBytes() - resident).toBeLessThan(growth)
    }
  }
}

describe('nothing grows', () => {
  it('over 10,000 compiled steps', () => compiledSteps(10_000, steady(500, 64 * 2 ** 20)), 300_000)

  it('over 2,000 eager steps', () => eagerSteps(2_000, steady(500, 64 * 2 ** 20)), 300_000)

  it('over 400 batch shapes, but for sessions within their bounds', async () => {
    const before = held()
    await manyShapes(400, () => {
      expect(held().sessions).toBeLessThanOrEqual(256)
    })
    const { sessions: _, ...rest } = held()
    const { sessions: __, ...first } = before
    expect(rest).toEqual(first)
    expect(residentBytes()).toBeLessThan(2 ** 30)
  }, 300_000)
})
