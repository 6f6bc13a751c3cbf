import type { History } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { levelCurve, trainingCurve, validationCurve } from './run-curves.ts'

const history = (updates: number): History =>
  ({
    steps: Array.from({ length: updates }, (_, i) => ({ step: i + 1, metrics: { loss: i } })),
    epochs: [
      { epoch: 1, steps: 3, metrics: {}, validation: { loss: 5 } },
      { epoch: 2, steps: 4, metrics: {} },
      { epoch: 3, steps: 2, metrics: {}, validation: { loss: 4 } },
    ],
  }) as unknown as History

describe('the curves of a run', () => {
  it('draw every update of a short one', () => {
    expect(trainingCurve(history(3), 'loss', { name: 'training', value: (x) => -x })).toEqual({
      name: 'training',
      x: [1, 2, 3],
      y: [-0, -1, -2],
    })
  })

  it('draw means of groups of a long one, the last group too', () => {
    const { x, y } = trainingCurve(history(403), 'loss', { name: 'training' })
    expect(x.slice(0, 2)).toEqual([3, 6])
    expect(y.slice(0, 2)).toEqual([1, 4])
    expect([x.length, x.at(-1), y.at(-1)]).toEqual([135, 403, 402])
  })

  it('draw validation where the epochs end that have one', () => {
    expect(validationCurve(history(9), 'loss', { name: 'validation' })).toEqual([
      { name: 'validation', dashed: true, x: [3, 9], y: [5, 4] },
    ])
    expect(validationCurve({ ...history(9), epochs: [] }, 'loss', { name: 'none' })).toEqual([])
  })

  it('draw a level from end to end', () => {
    expect(levelCurve(history(9), 'gzip', 2.8)).toEqual({
      name: 'gzip',
      dashed: true,
      x: [1, 9],
      y: [2.8, 2.8],
    })
  })
})
