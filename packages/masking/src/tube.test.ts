import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng } from '@winnow/core'
import { beforeAll, expect, test } from 'vitest'
import { maskStrategy, tubeMask } from './define.ts'
import { hiddenRows } from './testing/hidden-rows.ts'
import type { TubeMaskOptions } from './tube.ts'

beforeAll(() => tf.setBackend('cpu'))

const frames = (options: TubeMaskOptions, grid: number[], batch = 3): string[][] => {
  const plane = (grid[1] as number) * (grid[2] as number)
  return hiddenRows(tubeMask(options).draw(grid, batch, new Rng(1))).map((flags) =>
    Array.from({ length: grid[0] as number }, (_, frame) =>
      flags.slice(frame * plane, (frame + 1) * plane).join(''),
    ),
  )
}

test('every frame of an example has the same mask, and each example its own', () => {
  const clips = frames({ ratio: 0.9 }, [8, 14, 14])
  for (const clip of clips) {
    expect(new Set(clip).size).toBe(1)
    expect(clip[0]?.replaceAll('0', '')).toHaveLength(177)
  }
  expect(new Set(clips.map(([first]) => first)).size).toBe(3)
  expect(tubeMask({ ratio: 0.9 }).count([8, 14, 14])).toEqual({ kept: 8 * 19, hidden: 8 * 177 })
})

test('shorter tubes begin anew', () => {
  for (const clip of frames({ ratio: 0.5, frames: 2 }, [6, 4, 4])) {
    expect([clip[0], clip[2], clip[4]]).toEqual([clip[1], clip[3], clip[5]])
    expect(new Set(clip).size).toBe(3)
  }
})

test('any strategy for the plane', () => {
  const plane = { kind: 'grid', stride: 2 }
  expect(frames({ plane }, [2, 2, 2], 1)).toEqual([['0111', '0111']])
  expect(tubeMask({ plane: { kind: 'block', ratio: 0.5 } }).count([3, 4, 4])).toEqual({
    kept: 24,
    hidden: 24,
  })
  const spec = { kind: 'tube', plane: { kind: 'block', ratio: 0.5 }, frames: 1 }
  expect(JSON.parse(JSON.stringify(maskStrategy(spec)))).toEqual(spec)
})

test('a clip of one frame, and one token', () => {
  expect(frames({ ratio: 0.5 }, [1, 2, 2], 1)[0]?.[0]?.replaceAll('0', '')).toBe('11')
  expect(frames({ ratio: 0 }, [2, 1, 1], 1)).toEqual([['0', '0']])
})

test('bad input', () => {
  expect(() => tubeMask({ ratio: 0.5 }).count([4, 4])).toThrow(
    'tube: grid: [4,4] came, expected 3 whole numbers',
  )
  expect(() => tubeMask({ ratio: 0.5, frames: 4 }).draw([2, 4, 4], 1, new Rng(1))).toThrow(
    "tube: grid: a clip of 2 frames came, expected a multiple of the tube's 4",
  )
  expect(() => tubeMask({ ratio: 0.5, frames: 0 })).toThrow('tube: frames: 0 came')
  expect(() => tubeMask({})).toThrow('expected one of the two')
  expect(() => tubeMask({ ratio: 1 })).toThrow('ratio: 1 came')
  expect(() => tubeMask({ ratio: 0.75 }).count([9, 1, 2])).toThrow('0.75 of 2 tokens would keep')
  expect(() => tubeMask({ plane: { kind: 'wholeWord', ratio: 0.5 } as never })).toThrow(
    "tube: plane: 'wholeWord' came, expected a strategy that chooses on the host",
  )
  expect(() => tubeMask({ plane: { kind: 'tub' } })).toThrow("'tub' is not known")
})
