import { describe, expect, it } from 'vitest'
import { type Evaluation, minimise } from './limited-memory-bfgs.ts'

/** sum_i scale_i (x_i - i)^2 / 2 + (x_i - i)^4 / 100, of condition 1e4. */
function bowl(point: Float64Array): Evaluation {
  let value = 0
  const gradient = point.map((x, i) => {
    const from = x - i
    const scale = 10 ** (i % 5)
    value += (scale * from ** 2) / 2 + from ** 4 / 100
    return scale * from + from ** 3 / 25
  })
  return { value, gradient }
}

describe('minimise', () => {
  it('finds the minimum of a badly conditioned convex function in few steps', async () => {
    const values: number[] = []
    const found = await minimise(async (x) => bowl(x), new Float64Array(12).fill(50), {
      iterations: 200,
      tolerance: 1e-9,
      onIteration: async (_, value) => void values.push(value),
    })
    expect(found.converged).toBe(true)
    expect(found.iterations).toBeLessThan(150)
    for (const [i, x] of found.point.entries()) expect(x).toBeCloseTo(i, 8)
    expect(values).toHaveLength(found.iterations)
    expect(values).toEqual(values.toSorted((a, b) => b - a))
  })

  it('does so with values that are rounded to float32', async () => {
    const found = await minimise(
      async (x) => {
        const { value, gradient } = bowl(x)
        return { value: Math.fround(value + 1000), gradient }
      },
      new Float64Array(12).fill(3),
      { iterations: 200, tolerance: 1e-6 },
    )
    expect(found.converged).toBe(true)
  })

  it('steps back from where the function is not finite', async () => {
    // Minimum of x - log x at 1; not a number below 0.
    const found = await minimise(
      async ([x]) => ({
        value: (x as number) - Math.log(x as number),
        gradient: Float64Array.of(1 - 1 / (x as number)),
      }),
      Float64Array.of(10),
      { iterations: 50, tolerance: 1e-8 },
    )
    expect(found.point[0]).toBeCloseTo(1, 7)
  })

  it('says when the steps have run out, and takes none at a minimum', async () => {
    const start = new Float64Array(12).fill(50)
    const cut = await minimise(async (x) => bowl(x), start, { iterations: 3, tolerance: 1e-9 })
    expect(cut).toMatchObject({ iterations: 3, converged: false })
    const there = Float64Array.from({ length: 12 }, (_, i) => i)
    const found = await minimise(async (x) => bowl(x), there, { iterations: 9, tolerance: 1e-9 })
    expect(found).toMatchObject({ iterations: 0, converged: true })
  })
})
