import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { Rng } from '@winnow/core'
import { beforeAll, expect, test } from 'vitest'
import { type GridMaskOptions, gridMask } from './grid.ts'
import { hiddenRows } from './testing/hidden-rows.ts'

beforeAll(() => tf.setBackend('cpu'))

const picture = (options: GridMaskOptions, grid: number[]): string[] => {
  const columns = grid.at(-1) as number
  const flags = hiddenRows(gridMask(options).draw(grid, 1, new Rng(1)))[0] as number[]
  const text = flags.map((flag) => (flag === 1 ? '#' : '.')).join('')
  return Array.from({ length: text.length / columns }, (_, i) =>
    text.slice(i * columns, (i + 1) * columns),
  )
}

test('keeps or hides a lattice, from where it is told', () => {
  expect(picture({ stride: 2 }, [4, 4])).toEqual(['.#.#', '####', '.#.#', '####'])
  expect(picture({ stride: 2, lattice: 'hidden' }, [3, 5])).toEqual(['#.#.#', '.....', '#.#.#'])
  expect(picture({ stride: [1, 3], shift: [0, 2] }, [2, 7])).toEqual(['##.##.#', '##.##.#'])
  expect(picture({ stride: 2, shift: [1] }, [5])).toEqual(['#.#.#'])
  expect(picture({ stride: [2, 1, 2] }, [2, 2, 4])).toEqual(['.#.#', '.#.#', '####', '####'])
})

test('a ratio stands for the stride that gives it', () => {
  expect(picture({ ratio: 0.75 }, [4, 4])).toEqual(picture({ stride: 2 }, [4, 4]))
  expect(picture({ ratio: 0.25, lattice: 'hidden' }, [4, 4])).toEqual(
    picture({ stride: 2, lattice: 'hidden' }, [4, 4]),
  )
  expect(gridMask({ ratio: 0.8889 }).count([9, 9])).toEqual({ kept: 9, hidden: 72 })
  expect(gridMask({ ratio: 0.875 }).count([2, 4, 4])).toEqual({ kept: 4, hidden: 28 })
  expect(gridMask({ ratio: 0 }).count([3, 3])).toEqual({ kept: 9, hidden: 0 })
  expect(() => gridMask({ ratio: 0.6 }).count([4, 4])).toThrow(
    'grid: ratio: 0.6 came, which no lattice on 2 axes has; expected such as 0.75 or 0.8889',
  )
})

test('counts what it draws, where the stride does not divide the grid too', () => {
  for (const shift of [
    [0, 0],
    [1, 0],
    [1, 2],
  ]) {
    const strategy = gridMask({ stride: [2, 3], shift })
    const { kept, hidden } = strategy.count([7, 7])
    expect(kept).toBe(Math.ceil((7 - (shift[0] ?? 0)) / 2) * Math.ceil((7 - (shift[1] ?? 0)) / 3))
    const [row] = hiddenRows(strategy.draw([7, 7], 1, new Rng(1)))
    expect(row?.reduce((a, b) => a + b)).toBe(hidden)
  }
})

test('a random shift gives each example a lattice of its own', () => {
  const strategy = gridMask({ stride: 2, shift: 'random' })
  const rows = hiddenRows(strategy.draw([6, 4], 64, new Rng(2)))
  expect(new Set(rows.map((row) => row.join())).size).toBe(4)
  for (const row of rows) expect(row.reduce((a, b) => a + b)).toBe(18)
  expect(() => strategy.count([7, 4])).toThrow(
    "grid: shift: 'random' came for a grid [7,4] that the stride [2,2] does not divide",
  )
})

test('bad input', () => {
  expect(() => gridMask({})).toThrow('grid: stride undefined and ratio undefined came')
  expect(() => gridMask({ stride: 2, ratio: 0.75 })).toThrow('expected one of the two')
  expect(() => gridMask({ stride: 0 }).count([4, 4])).toThrow('grid: stride: 0 came')
  expect(() => gridMask({ stride: [2] }).count([4, 4])).toThrow('expected 2 whole numbers')
  expect(() => gridMask({ ratio: 1 })).toThrow('grid: ratio: 1 came')
  expect(() => gridMask({ stride: 2, lattice: 'keep' } as never)).toThrow('lattice: "keep" came')
  expect(() => gridMask({ stride: 2, shift: [0, 2] }).count([4, 4])).toThrow('grid: shift: [0,2]')
  // One token on the lattice that is to be hidden, and a lattice that misses the grid.
  expect(() => gridMask({ stride: 2, lattice: 'hidden' }).count([1])).toThrow(
    'grid: grid [1]: all 1 tokens would be hidden',
  )
  expect(() => gridMask({ stride: 4, shift: [2] }).count([2])).toThrow('all 2 tokens')
})
