/**
 * Whether the decoder needs the passage's vector: its loss with the vectors of a batch given to other passages, minus its
 * loss with their own. Near zero, the vector carries nothing.
 */
import { concat, dispose, slice, stack, type Tensor, tidy } from '@tensorflow/tfjs-core'
import { type Batches, check, compile, loadEpoch, Rng } from '@winnow/core'
import type { PretrainingBatch, RetrievalPretraining } from './retrieval-pretraining.ts'

/** See the top of the file; in nats per token. */
export interface BottleneckGap {
  /** `shuffled - plain`. */
  readonly gap: number
  /** With each passage's own vector. */
  readonly plain: number
  /** With another passage's vector. */
  readonly shuffled: number
}

/** Options of {@link bottleneckGap}. */
export interface BottleneckGapOptions {
  /** Settles what is hidden; 0 by default. */
  readonly seed?: number
}

/**
 * Over one pass of passages in batches (`encodePassages(...).batch(32)`), each vector moved one passage on within its batch.
 *
 * @throws WinnowError when the model has no decoder, or batches hold one passage alone
 */
export async function bottleneckGap(
  model: RetrievalPretraining,
  passages: Batches,
  options: BottleneckGapOptions = {},
): Promise<BottleneckGap> {
  const { seed = 0 } = options
  check(model.decoder !== undefined, () => 'bottleneckGap: model: it has no decoder')
  const run = compile((batch: PretrainingBatch): Tensor => bothLosses(model, batch))
  const sums = [0, 0]
  let total = 0
  try {
    const pass = { rng: new Rng(seed), epoch: 0 }
    for await (const { batch, count } of loadEpoch<PretrainingBatch>(
      model.batches(passages),
      pass,
    )) {
      check(count >= 2, () => 'bottleneckGap: passages: a batch of one came, expected two at least')
      const losses = await run(batch)
      const values = await losses.data()
      dispose([losses, batch] as never)
      for (const i of [0, 1]) sums[i] = (sums[i] as number) + count * (values[i] as number)
      total += count
    }
  } finally {
    run.dispose()
  }
  check(total > 0, () => 'bottleneckGap: passages: none came')
  const [plain, shuffled] = sums.map((sum) => sum / total) as [number, number]
  return { gap: shuffled - plain, plain, shuffled }
}

function bothLosses(model: RetrievalPretraining, batch: PretrainingBatch): Tensor {
  return tidy(() => {
    const real = model.encoder.realTokens(batch.inputs)
    const { class: vectors } = model.encoder.forward(batch.masked, undefined, { mask: real })
    const [count, features] = vectors.shape as [number, number]
    const moved = concat([
      slice(vectors, [1, 0], [count - 1, features]),
      slice(vectors, [0, 0], [1, features]),
    ])
    return stack([model.bottleneckLoss(batch, vectors), model.bottleneckLoss(batch, moved)])
  })
}
