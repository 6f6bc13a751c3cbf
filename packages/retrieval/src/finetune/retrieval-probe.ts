/**
 * A small search every so many updates: nDCG@10 while there is still time to stop.
 */
import { check, type FitCallbacks, type Progress } from '@winnow/core'
import type { Qrels } from '../metrics/judgements.ts'
import { ndcg } from '../metrics/ndcg.ts'
import type { PassageModel } from './representation.ts'
import { type NamedPassages, searchAll } from './search-all.ts'

/** Options of {@link retrievalProbe}. */
export interface RetrievalProbeOptions {
  readonly queries: NamedPassages
  readonly documents: NamedPassages
  readonly qrels: Qrels
  /** Updates between probes; the first is made after the first update. */
  readonly every: number
  /** Hits that are looked at; 10 by default. */
  readonly k?: number
  /** So many probes in a row without a better value end the run, by `stop.abort()`; by default none does. */
  readonly patience?: number
  /** Whose signal `fit` was given. */
  readonly stop?: AbortController
}

/** The value after so many updates. */
export interface ProbeValue {
  readonly step: number
  readonly ndcg: number
}

/** Callbacks for `fit`, and what they found. */
export interface RetrievalProbe extends FitCallbacks {
  readonly record: readonly ProbeValue[]
  /** The best so far. */
  readonly best: ProbeValue | undefined
}

/** @throws WinnowError when `every` is no whole number >= 1, or there is patience and nothing to stop with */
export function retrievalProbe(
  model: PassageModel,
  options: RetrievalProbeOptions,
): RetrievalProbe {
  const { queries, documents, qrels, every, k = 10, patience, stop } = options
  check(
    Number.isSafeInteger(every) && every >= 1,
    () => `retrievalProbe: every: ${every} came, expected a whole number >= 1`,
  )
  check(
    patience === undefined || stop !== undefined,
    () => 'retrievalProbe: patience: it came without `stop`, the controller of the signal of `fit`',
  )
  const record: ProbeValue[] = []
  let waited = 0
  let best: ProbeValue | undefined
  return {
    record,
    get best() {
      return best
    },
    async onStep({ step }: Progress) {
      if (step !== 1 && step % every !== 0) return
      const run = await searchAll(model, queries, documents, { k })
      const value = { step, ndcg: ndcg(run, qrels, { k }).mean }
      record.push(value)
      const better = best === undefined || value.ndcg > best.ndcg
      waited = better ? 0 : waited + 1
      if (better) best = value
      if (patience !== undefined && waited >= patience) stop?.abort()
    },
  }
}
