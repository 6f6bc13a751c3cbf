import { Rng } from '@winnow/core'
import { expect, test } from 'vitest'
import { geometricMedian } from './geometric-median.ts'

test('of {0, 0, 10} on a line it is 0, where the mean is 3.33', () => {
  expect(geometricMedian([0, 0, 10], 1)[0]).toBeCloseTo(0, 4)
})

test('half of the points may lie anywhere', () => {
  const points = [...new Rng(1).normalValues(40 * 3), ...new Array(39 * 3).fill(1e6)]
  const median = geometricMedian(points, 3, { iterations: 2000 })
  for (const value of median) expect(Math.abs(value)).toBeLessThan(20)
})

test('no nearby point has a smaller sum of distances', () => {
  const points = new Rng(2).normalValues(50 * 2).map((value) => Math.exp(value))
  const cost = (x: number, y: number) => {
    let sum = 0
    for (let i = 0; i < 100; i += 2)
      sum += Math.hypot((points[i] as number) - x, (points[i + 1] as number) - y)
    return sum
  }
  const [x, y] = geometricMedian(points, 2, { tolerance: 1e-9 }) as unknown as [number, number]
  const least = cost(x, y)
  for (const [dx, dy] of [
    [0.01, 0],
    [-0.01, 0],
    [0, 0.01],
    [0, -0.01],
  ] as const)
    expect(cost(x + dx, y + dy)).toBeGreaterThan(least)
})

test('leaves a point that it starts on, unless it is the median', () => {
  // The mean of these is the point (0, 0) of the set, which is not their median.
  const median = geometricMedian([0, 0, 1, 0, 1, 0.1, 1, -0.1, -3, 0], 2)
  expect(median[0]).toBeGreaterThan(0.8)
  expect([...geometricMedian([4, 4, 4, 4], 2)]).toEqual([4, 4])
})

test('bad input', () => {
  expect(() => geometricMedian([1, 2, 3], 2)).toThrow('geometricMedian: 3 numbers came')
  expect(() => geometricMedian([], 2)).toThrow('expected rows of 2')
})
