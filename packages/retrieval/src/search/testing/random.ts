/** Made-up vectors and texts, the same at every run. */
import type { Rng } from '@winnow/core'
import type { SparseVector } from '../sparse-vector.ts'

/** A vector with `count` dimensions that are not zero, some more frequent than others; weights of both signs if `signed`. */
export function sparseVector(
  rng: Rng,
  {
    dimensions = 60,
    count = 8,
    signed = false,
  }: Partial<{ dimensions: number; count: number; signed: boolean }> = {},
): SparseVector {
  const chosen = new Set<number>()
  while (chosen.size < count) chosen.add(Math.floor(rng.number() ** 2 * dimensions))
  const indices = Int32Array.from(chosen)
  const values = Float32Array.from(indices, () =>
    signed ? rng.number() - 0.5 : rng.number() + 0.01,
  )
  return { indices, values }
}

/** Words `w0` to `w<vocabulary - 1>`, the first ones far more frequent. */
export function words(rng: Rng, count: number, vocabulary = 50): string {
  return Array.from({ length: count }, () => `w${Math.floor(rng.number() ** 3 * vocabulary)}`).join(
    ' ',
  )
}

/** Vectors around few centres, as those of texts are. */
export function clustered(
  rng: Rng,
  {
    count,
    width,
    centres = 20,
    spread = 0.3,
  }: { count: number; width: number; centres?: number; spread?: number },
): readonly Float32Array[] {
  const middles = Array.from({ length: centres }, () => rng.normalValues(width))
  return Array.from({ length: count }, () => {
    const middle = middles[Math.floor(rng.number() * centres)] as Float32Array
    const noise = rng.normalValues(width, 0, spread)
    return middle.map((value, i) => value + (noise[i] as number))
  })
}
