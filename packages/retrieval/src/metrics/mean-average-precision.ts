/**
 * Mean average precision as trec_eval's `map`: the precision at the rank of each relevant document that was found, summed
 * and divided by the number of all relevant ones, found or not.
 */
import { type Qrels, type Run, relevantCount } from './judgements.ts'
import { type Measured, type MeasureOptions, measured } from './measure.ts'

/**
 * MAP over the whole run, 0 to 1; 0 for a query without relevant documents.
 *
 * @throws WinnowError when a document was found twice, a score is not a number, or no query was judged
 */
export function meanAveragePrecision(
  run: Run,
  qrels: Qrels,
  options: MeasureOptions = {},
): Measured {
  return measured(run, qrels, options, (grades, judged) => {
    let found = 0
    let sum = 0
    for (const [i, grade] of grades.entries()) {
      if (grade < 1) continue
      found++
      sum += found / (i + 1)
    }
    return found === 0 ? 0 : sum / relevantCount(judged)
  })
}
