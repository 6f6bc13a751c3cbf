/**
 * Mean reciprocal rank as trec_eval's `recip_rank`, with the run cut at k (`trec_eval -M k`): 1 / the rank of the first
 * relevant document, 0 where none is among the first k.
 */
import type { Qrels, Run } from './judgements.ts'
import { type CutOptions, checkCut, type Measured, measured } from './measure.ts'

/**
 * MRR@k, 0 to 1. Relevant means a grade of 1 or more.
 *
 * @throws WinnowError when a document was found twice, a score is not a number, or no query was judged
 */
export function mrr(run: Run, qrels: Qrels, options: CutOptions): Measured {
  const { k } = options
  checkCut('mrr', k)
  return measured(run, qrels, options, (grades) => {
    const first = grades.slice(0, k).findIndex((grade) => grade >= 1)
    return first < 0 ? 0 : 1 / (first + 1)
  })
}
