/** What the tests of this package share: texts, a tokenizer, a small encoder, a context, gradients by name. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { scalar } from '@tensorflow/tfjs-core'
import { type Context, loadEpoch, Rng } from '@winnow/core'
import { PASSAGE_TOKENS, type Tokenizer, trainTokenizer } from '@winnow/text'
import type { PassageEncoderConfig } from '../encoder/passage-encoder.ts'
import { encodePassages } from '../pretrain/passages.ts'
import type { PretrainingBatch, RetrievalPretraining } from '../pretrain/retrieval-pretraining.ts'

export const smallTexts: readonly string[] = [
  'the cat sat on the mat and the dog lay beside the cat',
  'a ship sails over the sea to a far harbour',
  'rain falls on the hills and the river rises',
  'the baker bakes bread before the sun is up',
]

export const smallTokenizer: Tokenizer = trainTokenizer(smallTexts, {
  vocabulary: 300,
  leastCount: 1,
  special: PASSAGE_TOKENS,
})

export const smallEncoder: PassageEncoderConfig = {
  vocabulary: smallTokenizer.vocabulary,
  tokens: 40,
  features: 16,
  depth: 2,
  heads: 2,
}

/** A context outside `fit`. */
export function testContext(training = false): Context {
  return { rng: new Rng(1), step: scalar(0), training, scalars: {}, update: () => undefined }
}

/** The first batch of all small texts for a model. */
export async function smallBatch(
  model: RetrievalPretraining,
  texts: readonly string[] = smallTexts,
  seed = 3,
): Promise<PretrainingBatch> {
  const { tokens } = model.config.encoder
  const passages = encodePassages(smallTokenizer, texts, { tokens })
  const batches = model.batches(passages.batch(texts.length, { partial: 'keep' }))
  for await (const { batch } of loadEpoch<PretrainingBatch>(batches, {
    rng: new Rng(seed),
    epoch: 0,
  })) {
    return batch
  }
  throw new Error('no batch')
}

/** Whether any number of a tensor is not zero. */
export function anyNonZero(x: Tensor): boolean {
  return [...x.dataSync()].some((value) => value !== 0)
}
