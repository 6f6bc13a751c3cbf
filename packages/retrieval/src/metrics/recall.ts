/**
 * Recall as trec_eval's `recall.k`: the relevant documents among the first k over all relevant ones.
 */
import { type Qrels, type Run, relevantCount } from './judgements.ts'
import { type CutOptions, checkCut, type Measured, measured } from './measure.ts'

/**
 * Recall@k, 0 to 1; 0 for a query without relevant documents. Where more than k are relevant, 1 cannot be reached.
 *
 * @throws WinnowError when a document was found twice, a score is not a number, or no query was judged
 */
export function recall(run: Run, qrels: Qrels, options: CutOptions): Measured {
  const { k } = options
  checkCut('recall', k)
  return measured(run, qrels, options, (grades, judged) => {
    const relevant = relevantCount(judged)
    if (relevant === 0) return 0
    return grades.slice(0, k).filter((grade) => grade >= 1).length / relevant
  })
}
