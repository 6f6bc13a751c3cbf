/**
 * What is measured of one stage of a retriever: the test search by its vectors, beside BM25 and with it.
 */
import { bottleneckGap, type Interval, RetrievalPretraining } from '@winnow/retrieval'
import { number } from '../progress-bar.ts'
import { table } from '../table.ts'
import type { StageModel } from './kind.ts'
import {
  bestWeight,
  bm25Run,
  fusedRun,
  measuresOf,
  modelRun,
  type SearchMeasures,
} from './measure.ts'
import type { StageData } from './stage.ts'

/** See the top of the file. */
export interface StageMeasures {
  readonly queries: number
  readonly documents: number
  readonly model: SearchMeasures
  readonly bm25: SearchMeasures
  readonly fused: SearchMeasures
  /** How much the model's list counts in the fusion, BM25 counting 1; settled on other queries. */
  readonly weight: number
  /** How much the decoder needs the vector, in nats per token; undefined without a decoder. */
  readonly gap: number | undefined
}

const GAP_PASSAGES = 512

export async function measureStage(
  model: StageModel,
  { retrieval }: Pick<StageData, 'retrieval'>,
): Promise<StageMeasures> {
  const { test, probe, set, passages } = retrieval
  const [run, words] = [await modelRun(model, test), await bm25Run(test, set.test)]
  const [small, smallWords] = [await modelRun(model, probe), await bm25Run(probe, set.validation)]
  const weight = bestWeight(small, smallWords, probe)
  const decoding = model instanceof RetrievalPretraining && model.decoder !== undefined
  const some = passages.take(Math.min(GAP_PASSAGES, passages.length))
  return {
    queries: test.queries.ids.length,
    documents: test.documents.ids.length,
    model: measuresOf(run, test),
    bm25: measuresOf(words, test),
    fused: measuresOf(fusedRun(run, words, weight), test),
    weight,
    gap: decoding ? (await bottleneckGap(model, some.batch(16))).gap : undefined,
  }
}

/** The measures as lines of text. */
export function stageReport({
  queries,
  documents,
  model,
  bm25,
  fused,
  gap,
}: StageMeasures): string {
  const cell = ({ mean, low, high }: Interval): string =>
    `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`
  const row = (name: string, { ndcg, mrr, recall }: SearchMeasures): string[] => [
    name,
    cell(ndcg),
    cell(mrr),
    cell(recall),
  ]
  const rows = table(
    [
      ['', 'nDCG@10', 'MRR@10', 'Recall@100'],
      row('this model', model),
      row('BM25', bm25),
      row('both', fused),
    ],
    [1, 2, 3],
  )
  const needed =
    gap === undefined
      ? ''
      : `\nwith vectors of other passages the decoder loses ${gap.toFixed(3)} nats a token`
  return `${rows}\n${number(queries)} queries, ${number(documents)} documents${needed}`
}
