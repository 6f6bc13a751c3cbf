/**
 * Hard negatives (Xiong et al., 2021; Karpukhin et al., 2020): documents that an index finds for a query and that do not
 * answer it.
 */
import { check, Rng } from '@winnow/core'

/** What is asked of an index: every index of this package is one. */
export interface NegativeSource<Query> {
  /** The `k` best documents, best first. */
  search(query: Query, options: { readonly k: number }): Promise<readonly { readonly id: string }[]>
}

/** A query, and the documents that answer it. */
export interface NegativeQuery<Query> {
  readonly query: Query
  readonly positives: readonly string[]
}

/** Options of {@link mineHardNegatives}: `from: 10, to: 100` leaves out the first ten, which may answer it unjudged. */
export interface NegativeOptions {
  /** Ranks to draw from, from 0: `from` up to before `to`. */
  readonly from: number
  readonly to: number
  /** How many for each query; all in the ranks by default. */
  readonly count?: number
  /** Settles the draw; 0 by default. */
  readonly seed?: number
}

/**
 * For each query the ids of its negatives; fewer than `count` where the index finds fewer.
 *
 * @throws WinnowError when the ranks are none
 */
export async function mineHardNegatives<Query>(
  index: NegativeSource<Query>,
  queries: readonly NegativeQuery<Query>[],
  options: NegativeOptions,
): Promise<readonly (readonly string[])[]> {
  const { from, to, count = to - from, seed = 0 } = options
  check(
    Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && to > from,
    () => `mineHardNegatives: from ${from} to ${to} came, expected whole numbers, 0 <= from < to`,
  )
  const rng = new Rng(seed)
  const all: (readonly string[])[] = []
  for (const [i, { query, positives }] of queries.entries()) {
    const hits = await index.search(query, { k: to })
    const wrong = hits.slice(from).filter(({ id }) => !positives.includes(id))
    const order = rng.fold(i).permutation(wrong.length)
    all.push(Array.from(order.subarray(0, count), (at) => (wrong[at] as { id: string }).id))
  }
  return all
}
