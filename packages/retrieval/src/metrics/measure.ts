/**
 * A measure of a run: a value for each query, and their mean.
 */
import { check, WinnowError } from '@winnow/core'
import { gradesInOrder, type Qrels, type Run } from './judgements.ts'

/** A measure of a run. */
export interface Measured {
  /** The mean over the queries. */
  readonly mean: number
  /** By query id, in the order of the qrels. */
  readonly queries: ReadonlyMap<string, number>
}

/** Options of every measure. */
export interface MeasureOptions {
  /**
   * Whether a judged query that the run does not have counts as 0 (`trec_eval -c`), so that no system gains by keeping
   * silent; else only queries in both count, as in trec_eval without `-c`. True by default.
   */
  readonly complete?: boolean
}

/** Options of a measure that looks at the first `k` hits. */
export interface CutOptions extends MeasureOptions {
  /** A whole number >= 1. */
  readonly k: number
}

/** The value of one query: from its grades by rank (0 is unjudged), and all that was judged for it. */
type QueryValue = (grades: readonly number[], judged: ReadonlyMap<string, number>) => number

/**
 * `value` of each query that was judged. Queries of the run that were not judged are left out; a query without relevant
 * documents counts, with 0, as in trec_eval.
 */
export function measured(
  run: Run,
  qrels: Qrels,
  options: MeasureOptions,
  value: QueryValue,
): Measured {
  const { complete = true } = options
  const queries = new Map<string, number>()
  let sum = 0
  for (const [query, judged] of qrels) {
    const hits = run.get(query)
    if (hits === undefined && !complete) continue
    const result = value(gradesInOrder(query, hits ?? [], judged), judged)
    queries.set(query, result)
    sum += result
  }
  if (queries.size === 0) {
    throw new WinnowError(
      `qrels: ${qrels.size} judged queries came and ${run.size} in the run, but none to measure`,
    )
  }
  return { mean: sum / queries.size, queries }
}

export function checkCut(measure: string, k: number): void {
  check(
    Number.isSafeInteger(k) && k >= 1,
    () => `${measure}: k: ${k} came, expected a whole number >= 1`,
  )
}
