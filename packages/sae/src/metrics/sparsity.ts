/** How sparse codes are: L0, and latents that never come on. */
import { check } from '@winnow/core'

/**
 * How many values of a row differ from 0, averaged over rows.
 *
 * @param codes rows of `latents` numbers
 */
export function l0(codes: ArrayLike<number>, latents: number): number {
  const rows = rowsIn('l0', codes, latents)
  let on = 0
  for (let i = 0; i < codes.length; i++) if (codes[i] !== 0) on++
  return on / rows
}

/**
 * The latents that are 0 in every row, in order. Over few rows many are: say with it how many there were.
 *
 * @param codes rows of `latents` numbers
 */
export function deadLatents(codes: ArrayLike<number>, latents: number): number[] {
  rowsIn('deadLatents', codes, latents)
  const alive = new Uint8Array(latents)
  for (let i = 0; i < codes.length; i++) if (codes[i] !== 0) alive[i % latents] = 1
  return [...alive.keys()].filter((latent) => alive[latent] === 0)
}

function rowsIn(metric: string, codes: ArrayLike<number>, latents: number): number {
  const rows = codes.length / latents
  check(
    Number.isInteger(rows) && rows >= 1,
    () => `${metric}: ${codes.length} numbers came, expected rows of ${latents}`,
  )
  return rows
}
