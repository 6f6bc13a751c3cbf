/**
 * Normalised discounted cumulative gain (Järvelin and Kekäläinen, 2002) as trec_eval's `ndcg_cut`: the gain is the grade
 * itself (not 2^grade - 1), the discount log2(rank + 1); the ideal order is that of all judged documents, cut at k too.
 */
import type { Qrels, Run } from './judgements.ts'
import { type CutOptions, checkCut, type Measured, measured } from './measure.ts'

/**
 * nDCG@k, 0 to 1; 0 for a query without relevant documents. Grades below 1 gain nothing.
 *
 * @throws WinnowError when a document was found twice, a score is not a number, or no query was judged
 */
export function ndcg(run: Run, qrels: Qrels, options: CutOptions): Measured {
  const { k } = options
  checkCut('ndcg', k)
  return measured(run, qrels, options, (grades, judged) => {
    const ideal = discounted(
      [...judged.values()].sort((a, b) => b - a),
      k,
    )
    return ideal > 0 ? discounted(grades, k) / ideal : 0
  })
}

function discounted(grades: readonly number[], k: number): number {
  let sum = 0
  for (const [i, grade] of grades.slice(0, k).entries()) {
    if (grade > 0) sum += grade / Math.log2(i + 2)
  }
  return sum
}
