import { Rng } from '@winnow/core'
import { describe, expect, it } from 'vitest'
import { plainRowKernel, type RowKernel, wasmRowKernel } from './row-kernel.ts'
import { decodeRows, dotRows, firedLatents, sumRows, sumValues } from './rows.ts'

// A width that fills no whole block of the loops, and more latents than a tile.
const [batch, kept, latents, width] = [5, 4, 37, 21]
const rng = new Rng(3)
const decoder = rng.normalValues(latents * width)
const rows = rng.normalValues(batch * width)
const values = rng.normalValues(batch * kept).map((value) => Math.max(0, value + 0.5))
const indices = Int32Array.from({ length: batch * kept }, (_, i) => (i * 11) % latents)
const code = { values, indices, kept }

/** The code as a matrix `[batch, latents]`. */
const dense = new Float64Array(batch * latents)
for (const [i, value] of values.entries()) {
  dense[Math.floor(i / kept) * latents + (indices[i] as number)] = value
}
const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))))

describe('products of sparse codes', () => {
  it('decode as the whole matrix does', () => {
    const expected = Array.from({ length: batch * width }, (_, place) => {
      const [b, j] = [Math.floor(place / width), place % width]
      let sum = 0
      for (let f = 0; f < latents; f++)
        sum += (dense[b * latents + f] as number) * (decoder[f * width + j] as number)
      return sum
    })
    expect(largest(decodeRows(code, decoder, width), expected)).toBeLessThan(1e-5)
  })

  it('take inner products where a value is not 0', () => {
    expect(values).toContain(0)
    const expected = Array.from(values, (value, i) => {
      if (value === 0) return 0
      let sum = 0
      for (let j = 0; j < width; j++) {
        sum +=
          (rows[Math.floor(i / kept) * width + j] as number) *
          (decoder[(indices[i] as number) * width + j] as number)
      }
      return sum
    })
    expect(largest(dotRows(code, rows, decoder, width), expected)).toBeLessThan(1e-5)
  })

  it('sum rows by latent, as rows and as columns', () => {
    const expected = Array.from({ length: latents * width }, (_, place) => {
      const [f, j] = [Math.floor(place / width), place % width]
      let sum = 0
      for (let b = 0; b < batch; b++)
        sum += (dense[b * latents + f] as number) * (rows[b * width + j] as number)
      return sum
    })
    expect(largest(sumRows(code, rows, { latents, width }), expected)).toBeLessThan(1e-5)
    const columns = sumRows(code, rows, { latents, width, transposed: true })
    const turned = expected.map(
      (_, place) => expected[(place % latents) * width + Math.floor(place / latents)] as number,
    )
    expect(largest(columns, turned)).toBeLessThan(1e-5)
  })

  it('sum values by latent, and find latents that are on', () => {
    const totals = new Float64Array(latents)
    for (const [i, value] of dense.entries()) {
      totals[i % latents] = (totals[i % latents] as number) + value
    }
    expect(largest(sumValues(code, latents), totals)).toBeLessThan(1e-6)
    const fired = Array.from({ length: latents }, (_, f) =>
      values.some((value, i) => value > 0.4 && indices[i] === f) ? 1 : 0,
    )
    expect([...firedLatents(code, latents, 0.4)]).toEqual(fired)
  })
})

it('WebAssembly and JavaScript agree, also after the memory has grown', () => {
  const run = (kernel: RowKernel): number[] => {
    kernel.reserve(64)
    const memory = kernel.reserve(100_000)
    for (let i = 0; i < 96; i++) memory[i] = Math.sin(i + 1)
    memory[99_999] = 7
    kernel.addScaled(32, 0, 64, -0.75)
    return [...memory.subarray(0, 96), kernel.dot(48, 0, 48), memory[99_999] as number]
  }
  const fast = wasmRowKernel()
  expect(fast).toBeDefined()
  const expected = run(plainRowKernel())
  expect(largest(run(fast as RowKernel), expected)).toBeLessThan(1e-5)
  expect(expected[0]).toBeCloseTo(Math.sin(1) - 0.75 * Math.sin(65), 6)
})
