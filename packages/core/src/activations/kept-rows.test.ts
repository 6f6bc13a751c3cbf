import { describe, expect, it } from 'vitest'
import type { HostBatch } from '../data/host-array.ts'
import { keptRows } from './kept-rows.ts'

const batch = (fields: Record<string, readonly [number[], number[]]> = {}): HostBatch => ({
  inputs: { data: Int32Array.from({ length: 6 }), shape: [2, 3] },
  ...Object.fromEntries(
    Object.entries(fields).map(([name, [data, shape]]) => [
      name,
      { data: Int32Array.from(data), shape },
    ]),
  ),
})
const kept = (...args: Parameters<typeof keptRows>): number[] => [...keptRows(...args)]

describe('the rows that are kept', () => {
  it('are those of all tokens of true items, in order', () => {
    expect(kept(batch(), [2, 3, 8], { skip: 0 })).toEqual([0, 1, 2, 3, 4, 5])
    // A batch that was filled up: the third item is not the data's.
    expect(kept(batch(), [3, 3, 8], { skip: 0 })).toEqual([0, 1, 2, 3, 4, 5])
    expect(kept(batch({ weight: [[0, 1], [2]] }), [2, 3, 8], { skip: 0 })).toEqual([3, 4, 5])
    expect(kept(batch(), [2, 8], { skip: 0 })).toEqual([0, 1])
  })

  it('leave out the first tokens, and those that a mask hides', () => {
    const masked = batch({
      real: [
        [1, 1, 0, 1, 1, 1],
        [2, 3],
      ],
    })
    expect(kept(masked, [2, 3, 8], { skip: 1, mask: 'real' })).toEqual([1, 4, 5])
    // One step of the second axis is two places here.
    expect(kept(batch(), [2, 2, 2, 8], { skip: 1 })).toEqual([2, 3, 6, 7])
  })

  it('refuse fewer items than came in, tokens that are not there, and masks that do not fit', () => {
    expect(() => keptRows(batch(), [1, 3, 8], { skip: 0 })).toThrow(
      'collectActivations: model: 1 items came out for 2, expected as many',
    )
    expect(() => keptRows(batch(), [2, 8], { skip: 1 })).toThrow(
      'skip: 1 came for activations of shape [2,8], which have no tokens',
    )
    expect(() => keptRows(batch(), [2, 3, 8], { skip: 0, mask: 'real' })).toThrow(
      "mask: the data has no field 'real', it has inputs",
    )
    const short = batch({
      real: [
        [1, 1],
        [2, 1],
      ],
    })
    expect(() => keptRows(short, [2, 3, 8], { skip: 0, mask: 'real' })).toThrow(
      "mask: 'real' has shape [2,1], expected [2,3]",
    )
  })
})
