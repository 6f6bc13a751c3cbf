/**
 * What was judged and what was found, and the order in which found documents count: that of trec_eval
 * (form_res_rels.c): by score descending, ties by the document's id descending, bytes of UTF-8 compared; ranks that a run
 * may state are not looked at.
 */
import { check } from '@winnow/core'

/** The judged documents of each query: query id, document id, grade. Relevant from 1 on; unjudged is not relevant. */
export type Qrels = ReadonlyMap<string, ReadonlyMap<string, number>>

/** A found document. */
export interface RunHit {
  readonly id: string
  /** Higher is better; finite. */
  readonly score: number
}

/** What a system found for each query, in any order. */
export type Run = ReadonlyMap<string, readonly RunHit[]>

/** Strings in the order of their UTF-8 bytes (which is that of code points, not of UTF-16 units). */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left === right) continue
    return beyondSurrogates(left) - beyondSurrogates(right)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others. */
function beyondSurrogates(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit
}

/**
 * The grades of a query's hits from rank 1 on; 0 for unjudged documents.
 *
 * @throws WinnowError when a document was found twice, or a score is not a finite number
 */
export function gradesInOrder(
  query: string,
  hits: readonly RunHit[],
  judged: ReadonlyMap<string, number>,
): readonly number[] {
  const seen = new Set<string>()
  for (const { id, score } of hits) {
    check(!seen.has(id), () => `run: query '${query}': document '${id}' came twice`)
    check(
      Number.isFinite(score),
      () => `run: query '${query}', document '${id}': the score ${score} came, expected a number`,
    )
    seen.add(id)
  }
  return [...hits]
    .sort((a, b) => b.score - a.score || compareBytes(b.id, a.id))
    .map(({ id }) => judged.get(id) ?? 0)
}

/** How many of a query's judged documents are relevant. */
export function relevantCount(judged: ReadonlyMap<string, number>): number {
  let count = 0
  for (const grade of judged.values()) if (grade >= 1) count++
  return count
}
