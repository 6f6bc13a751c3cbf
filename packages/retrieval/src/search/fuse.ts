/**
 * Reciprocal-rank fusion (Cormack, Clarke and Büttcher, 2009): a document's score is the sum of 1 / (k + rank) over the
 * lists that have it. Scores of different indexes cannot be compared, ranks can.
 */
import { check } from '@winnow/core'
import type { Hit } from './search-index.ts'

/** Options of {@link fuse}. */
export interface FuseOptions {
  /** How little the first ranks stand out; > 0, 60 by default. */
  readonly k?: number
  /** How much each list counts; 1 each by default. */
  readonly weights?: readonly number[]
  /** The most hits; all by default. */
  readonly limit?: number
}

/**
 * One list of several, each best first. A document's metadata is that of the first list that has it.
 *
 * @throws WinnowError when an option is not fit, or a list has a document twice
 */
export function fuse(
  lists: readonly (readonly Hit[])[],
  options: FuseOptions = {},
): readonly Hit[] {
  const { k = 60, weights = lists.map(() => 1), limit } = options
  check(Number.isFinite(k) && k > 0, () => `fuse: k: ${k} came, expected a number > 0`)
  check(
    weights.length === lists.length &&
      weights.every((weight) => Number.isFinite(weight) && weight >= 0),
    () => `fuse: weights: [${weights}] came, expected ${lists.length} numbers >= 0`,
  )
  const scores = new Map<string, { hit: Hit; score: number }>()
  for (const [i, hits] of lists.entries()) {
    const seen = new Set<string>()
    for (const [at, hit] of hits.entries()) {
      check(!seen.has(hit.id), () => `fuse: list ${i}: '${hit.id}' came twice`)
      seen.add(hit.id)
      const gain = (weights[i] as number) / (k + at + 1)
      const known = scores.get(hit.id)
      if (known === undefined) scores.set(hit.id, { hit, score: gain })
      else known.score += gain
    }
  }
  return [...scores.values()]
    .map(({ hit, score }) => ({ ...hit, score }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .slice(0, limit)
}
