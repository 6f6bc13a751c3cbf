import { Rng } from '@winnow/core'
import { expect, test } from 'vitest'
import { largestAmong } from './select.ts'

const [batch, latents] = [7, 50]
const preactivations = new Rng(4).normalValues(batch * latents)
const among = Uint8Array.from({ length: latents }, (_, i) => (i % 3 === 0 ? 1 : 0))

/** The same by sorting each row: `[value, latent]`, largest first. */
const sorted = (row: number, k: number) =>
  Array.from(
    { length: latents },
    (_, i) => [preactivations[row * latents + i] as number, i] as const,
  )
    .filter(([value, i]) => value > 0 && among[i] === 1)
    .toSorted(([a], [b]) => b - a)
    .slice(0, k)

test.each([1, 3, 8, 17])('the %i largest among some latents are those of a sort', (k) => {
  const { values, indices } = largestAmong({ preactivations, among, k })
  for (let row = 0; row < batch; row++) {
    const found = Array.from({ length: k }, (_, i) => {
      return [values[row * k + i] as number, indices[row * k + i] as number] as const
    }).filter(([value]) => value !== 0)
    expect(found.toSorted(([a], [b]) => b - a)).toEqual(sorted(row, k))
  }
})

test('of equal values no more than k are taken, and nothing where none may be', () => {
  const equal = new Float32Array(12).fill(2)
  const all = new Uint8Array(6).fill(1)
  const { values, indices } = largestAmong({ preactivations: equal, among: all, k: 4 })
  expect([...values]).toEqual(new Array(8).fill(2))
  expect(new Set(indices.subarray(0, 4)).size).toBe(4)
  const none = largestAmong({ preactivations: equal, among: new Uint8Array(6), k: 4 })
  expect([...none.values]).toEqual(new Array(8).fill(0))
})
