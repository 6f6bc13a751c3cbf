/**
 * What is measured of a search: nDCG@10, MRR@10 and Recall@100 with bootstrap intervals.
 */
import {
  Bm25Index,
  bootstrap,
  fuse,
  type Interval,
  mrr,
  ndcg,
  type PassageModel,
  pairedBootstrap,
  type Run,
  recall,
  searchAll,
} from '@winnow/retrieval'
import type { NamedText } from '../data/text/retrieval-set.ts'
import type { Searched } from './settings.ts'

/** Hits that are kept of each search. */
const DEPTH = 100

/** See the top of the file; intervals of 95 %. */
export interface SearchMeasures {
  readonly ndcg: Interval
  readonly mrr: Interval
  readonly recall: Interval
}

/** Measures of what was found. */
export function measuresOf(run: Run, { qrels }: Pick<Searched, 'qrels'>): SearchMeasures {
  return {
    ndcg: bootstrap(ndcg(run, qrels, { k: 10 }).queries),
    mrr: bootstrap(mrr(run, qrels, { k: 10 }).queries),
    recall: bootstrap(recall(run, qrels, { k: DEPTH }).queries),
  }
}

/** By how much the first finds better than the second: nDCG@10 over the same queries. */
export function gainOf(first: Run, second: Run, { qrels }: Pick<Searched, 'qrels'>): Interval {
  const values = (run: Run) => ndcg(run, qrels, { k: 10 }).queries
  return pairedBootstrap(values(first), values(second)).difference
}

/** What a model finds. */
export async function modelRun(
  model: PassageModel,
  { queries, documents }: Searched,
  signal?: AbortSignal,
): Promise<Run> {
  return await searchAll(model, queries, documents, { k: DEPTH, ...(signal && { signal }) })
}

/** What BM25 finds for the same queries in the same documents. */
export async function bm25Run(
  { queries, documents }: Searched,
  texts: { readonly queries: readonly NamedText[]; readonly documents: readonly NamedText[] },
): Promise<Run> {
  const index = new Bm25Index()
  const [asked, searched] = [new Set(queries.ids), new Set(documents.ids)]
  for (const { id, text } of texts.documents) if (searched.has(id)) index.add(id, text)
  const run = new Map<string, Awaited<ReturnType<Bm25Index['search']>>>()
  for (const { id, text } of texts.queries) {
    if (asked.has(id)) run.set(id, await index.search(text, { k: DEPTH }))
  }
  return run
}

/** How much the first list may count where the second counts 1. */
const WEIGHTS = [0.1, 0.2, 0.35, 0.5, 0.75, 1] as const

/** The weight of the first list whose fusion finds best, by nDCG@10 of queries that are not those of the test. */
export function bestWeight(first: Run, second: Run, { qrels }: Pick<Searched, 'qrels'>): number {
  const values = WEIGHTS.map(
    (weight) => ndcg(fusedRun(first, second, weight), qrels, { k: 10 }).mean,
  )
  return WEIGHTS[values.indexOf(Math.max(...values))] as number
}

/** Both lists by reciprocal-rank fusion, the second counting 1. */
export function fusedRun(first: Run, second: Run, weight: number): Run {
  return new Map(
    [...first].map(([query, hits]) => [
      query,
      fuse([hits, second.get(query) ?? []], { limit: DEPTH, weights: [weight, 1] }),
    ]),
  )
}
