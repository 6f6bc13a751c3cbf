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
    if (step === 100) {
      first = held()
      resident = residentBytes()
    } else if (step > 100 && step % every === 0) {
      expect(held()).toEqual(first)
      expect(residentBytes() - resident).toBeLessThan(growth)
    }
  }
}

describe('nothing grows', () => {
  it('over 300 compiled steps', () => compiledSteps(300, steady(50, 64 * 2 ** 20)))

  it('over 300 eager steps', () => eagerSteps(300, steady(50, 64 * 2 ** 20)))

  it('over 30 batch shapes, but for sessions within their bounds', async () => {
    const before = held()
    await manyShapes(30, () => {
      expect(held().sessions).toBeLessThanOrEqual(256)
    })
    const { sessions: _, ...rest } = held()
    const { sessions: __, ...first } = before
    expect(rest).toEqual(first)
    expect(residentBytes()).toBeLessThan(2 ** 30)
  })
})
