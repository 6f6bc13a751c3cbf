import { describe, expect, it } from 'vitest'
import { addToMean, type MeanState, meanOf } from './history.ts'

describe('means of metrics', () => {
  it('weigh batches by size, each metric by the batches that had it, and survive JSON to the bit', () => {
    let mean: MeanState = {}
    addToMean(mean, { loss: 0.1, 'critic.loss': 1 }, 3)
    mean = JSON.parse(JSON.stringify(mean)) as MeanState
    addToMean(mean, { loss: 0.7 }, 1)
    expect(meanOf(mean)).toEqual({ loss: (0.1 * 3 + 0.7) / 4, 'critic.loss': 1 })
  })
})
