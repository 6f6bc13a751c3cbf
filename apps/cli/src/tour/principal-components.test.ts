import { Rng } from '@winnow/core'
import { expect, it } from 'vitest'
import { meanSquare, principalComponents, throughComponents } from './principal-components.ts'

/** Rows far from 0 that vary in two directions, and a little in all. */
function rows(count: number, width: number, noise: number): Float32Array {
  const rng = new Rng(1)
  const [a, b] = [rng.normalValues(width), rng.normalValues(width)]
  const data = new Float32Array(count * width)
  for (let row = 0; row < count; row++) {
    const [x = 0, y = 0] = rng.normalValues(2)
    const small = rng.normalValues(width)
    for (let i = 0; i < width; i++) {
      data[row * width + i] =
        5 + 3 * x * (a[i] as number) + y * (b[i] as number) + noise * (small[i] as number)
    }
  }
  return data
}

it('finds the plane that the data lie in', () => {
  const data = rows(200, 12, 0)
  const two = principalComponents(data, 12, 2)
  expect(meanSquare(throughComponents(two, data), data)).toBeLessThan(1e-8)
  const one = principalComponents(data, 12, 1)
  expect(meanSquare(throughComponents(one, data), data)).toBeGreaterThan(0.05)
  // There are no more than two.
  expect(principalComponents(data, 12, 4).rows.length).toBeLessThanOrEqual(4)
})

it('leaves the noise of the other directions, and no more', () => {
  const data = rows(2000, 12, 0.1)
  const error = meanSquare(throughComponents(principalComponents(data, 12, 2), data), data)
  expect(error).toBeCloseTo((0.01 * 10) / 12, 3)
})
