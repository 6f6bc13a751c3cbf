import { describe, expect, it } from 'vitest'
import { collapseWarnings } from './collapse.ts'

const epoch = (training: Record<string, number>, validation?: Record<string, number>) => ({
  epoch: 1,
  steps: 10,
  seconds: 1,
  training,
  ...(validation === undefined ? {} : { validation }),
})

describe('a posterior', () => {
  it('that carries nothing has collapsed', () => {
    expect(collapseWarnings(epoch({ kl: 0.15, activeUnits: 0 }), 16)).toEqual([
      expect.stringMatching(/^posterior collapse: the codes carry 0\.1500 nats in all.*lower beta/),
    ])
  })

  it('has collapsed in part where few dimensions are in use, though they carry much', () => {
    expect(collapseWarnings(epoch({ kl: 9, activeUnits: 1 }), 16)).toEqual([
      expect.stringMatching(/^posterior collapse: 1\.0 of 16 latent dimensions carry more than/),
    ])
  })

  it('in use gives no warning', () => {
    expect(collapseWarnings(epoch({ kl: 9, activeUnits: 2 }), 16)).toEqual([])
    expect(collapseWarnings(epoch({ kl: 0.2, activeUnits: 1 }), 2)).toEqual([])
    expect(collapseWarnings(epoch({}), 16)).toEqual([])
  })

  it('is judged on held-out items where there are some', () => {
    const [used, unused] = [
      { kl: 9, activeUnits: 8 },
      { kl: 0, activeUnits: 0 },
    ]
    expect(collapseWarnings(epoch(unused, used), 16)).toEqual([])
    expect(collapseWarnings(epoch(used, unused), 16)).toHaveLength(1)
  })
})
