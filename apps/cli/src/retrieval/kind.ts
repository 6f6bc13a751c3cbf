/**
 * What `winnow train retrieval` is: one stage of a retriever, pre-training in one of three ways or fine-tuning.
 */
import { copyInto, Rng, type Trainable } from '@winnow/core'
import { type ProbeValue, RetrievalPretraining, Retriever, retrievalProbe } from '@winnow/retrieval'
import { lineChart } from '../pictures/line-chart.ts'
import { trainingCurve } from '../pictures/run-curves.ts'
import { type Fields, isOneOf, isText, isWhole, runFields } from '../run/json.ts'
import type { RunKind } from '../run/kind.ts'
import { EMBEDDINGS, pretraining, pretrainingOptimizer, tuningOptimizer } from './contestants.ts'
import { EMBEDDING_NAMES, STAGES, type StageData, type StageSettings, stageData } from './stage.ts'
import { measureStage, type StageMeasures, stageReport } from './stage-measure.ts'

const fields: Fields<StageSettings> = {
  ...runFields,
  stage: [isOneOf(...STAGES)],
  embedding: [isOneOf(...EMBEDDING_NAMES)],
  from: [isText, 'optional'],
  patience: [isWhole(1), 'optional'],
  vocabulary: [isWhole(261)],
  context: [isWhole(4)],
  width: [isWhole(1)],
  depth: [isWhole(1)],
  heads: [isWhole(1)],
}

/** The tokenizer's file in the run's folder. */
export const TOKENIZER = 'tokenizer.json'

/** What either stage trains. */
export type StageModel = (RetrievalPretraining | Retriever) & Trainable

/** A run is probed about so often. */
const PROBES = 10

export const retrievalKind: RunKind<StageSettings, StageModel, StageMeasures, StageData> = {
  name: 'retrieval',
  title: 'retriever',
  fields,
  metrics: ['loss'],
  minutes: 10,
  items: ({ settings }) => (settings.stage === 'tune' ? 'pairs' : 'passages'),
  data: (settings) => stageData(settings),
  model: ({ stage, embedding, seed }, { retrieval }) =>
    (stage === 'tune'
      ? new Retriever(
          { encoder: retrieval.encoder, embedding: EMBEDDINGS[embedding] },
          new Rng(seed),
        )
      : pretraining(stage, retrieval, seed)) as unknown as StageModel,
  begin: async (model, { pretrained }) => {
    if (pretrained === undefined) return
    // A head and a decoder go on where the same stage goes on.
    const same = model instanceof RetrievalPretraining && sameParts(model, pretrained)
    if (same) copyInto(pretrained, model)
    else copyInto(pretrained.encoder, model.encoder)
    pretrained.dispose()
  },
  fitParts: ({ stage, learningRate }, steps) => ({
    optimizer: (stage === 'tune' ? tuningOptimizer : pretrainingOptimizer)(learningRate, steps),
  }),
  watch: (model, { retrieval }, { patience }, steps, stop) =>
    retrievalProbe(model, {
      ...retrieval.probe,
      every: Math.max(1, Math.ceil(steps / PROBES)),
      ...(patience === undefined ? {} : { patience, stop }),
    }),
  measure: measureStage,
  report: stageReport,
  pictures: async (_, __, history, watched) => {
    const probes = (watched ?? []) as readonly ProbeValue[]
    const picture = await lineChart({
      title: 'nDCG@10 of a small search',
      xLabel: 'update',
      yLabel: 'nDCG@10',
      series: [
        { name: 'probe', x: probes.map(({ step }) => step), y: probes.map(({ ndcg }) => ndcg) },
      ],
    })
    const losses = await lineChart({
      title: 'Training',
      xLabel: 'update',
      yLabel: 'loss, nats',
      series: [trainingCurve(history, 'loss', { name: 'loss' })],
    })
    return new Map([
      ['curves.png', losses],
      ['probe.png', picture],
    ])
  },
  files: ({ retrieval }) =>
    new Map([[TOKENIZER, new TextEncoder().encode(`${JSON.stringify(retrieval.tokenizer)}\n`)]]),
}

function sameParts(a: RetrievalPretraining, b: RetrievalPretraining): boolean {
  return (a.decoder === undefined) === (b.decoder === undefined)
}
