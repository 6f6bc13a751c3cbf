/**
 * The passage encoder of the benches `mlm` (masked-language-model steps) and `encode` (passages through the encoder).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { tensor } from '@tensorflow/tfjs-core'
import { ArrayDataset, type Batches, compile, type Rng } from '../packages/core/src/index.ts'
import {
  maskedLanguageModel,
  PassageEncoder,
  type PassageEncoderConfig,
  type RetrievalPretraining,
} from '../packages/retrieval/src/index.ts'
import type { Training } from './training.ts'

export const encoder: PassageEncoderConfig = {
  vocabulary: 8192,
  tokens: 128,
  features: 256,
  depth: 4,
  heads: 4,
}
export const TEXT_BATCH = 32
const BATCHES = 8
const SPECIAL = 4

/** Passages without padding, each token a word. */
function passages(count: number, rng: Rng): ArrayDataset {
  const { tokens, vocabulary } = encoder
  const shape = [count, tokens]
  const ids = rng
    .uniformValues(count * tokens)
    .map((unit) => SPECIAL + Math.floor(unit * (vocabulary - SPECIAL)))
  const data = Int32Array.from(ids)
  const words = Int32Array.from(data, (_, i) => i % tokens)
  for (let row = 0; row < count; row++) {
    data[row * tokens] = 1
    data[(row + 1) * tokens - 1] = 2
    words[row * tokens] = -1
    words[(row + 1) * tokens - 1] = -1
  }
  return new ArrayDataset({ inputs: { data, shape }, words: { data: words, shape } })
}

/** Three tenths of the tokens are hidden, and only theirs have logits. */
export function maskedLanguageTraining(rng: Rng): Training {
  const model: RetrievalPretraining = maskedLanguageModel(
    { encoder, encoderMask: 0.3 },
    rng.split(),
  )
  return {
    model: model as unknown as Training['model'],
    data: passages(BATCHES * TEXT_BATCH, rng.split()),
    batch: TEXT_BATCH,
    prepare: (batches: Batches) => model.batches(batches),
  }
}

/** One call encodes a batch of passages; their vectors are read. */
export function passageEncoding(rng: Rng): () => Promise<void> {
  const model = new PassageEncoder(encoder, rng.split())
  const { inputs } = passages(TEXT_BATCH, rng.split()).gather(
    Array.from({ length: TEXT_BATCH }, (_, i) => i),
  )
  const run = compile((ids: Tensor) => model.forward(ids).class)
  return async () => {
    const ids = tensor(inputs.data, [...inputs.shape], 'int32')
    const vectors = await run(ids)
    await vectors.data()
    ids.dispose()
    vectors.dispose()
  }
}
