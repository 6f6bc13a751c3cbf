/**
 * InfoNCE (van den Oord, Li and Vinyals, 2018) over the passages of a batch (in-batch negatives: Karpukhin et al., 2020):
 * each query's own passage must win among all queries' passages and hard negatives.
 *
 *     loss = mean over queries of -log softmax(scores / temperature)_positive
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  argMax,
  cast,
  div,
  equal,
  mean,
  mul,
  neg,
  reshape,
  slice,
  sub,
  sum,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core'
import { check, logSoftmax, withoutGradient } from '@winnow/core'

/** Options of {@link infoNce}. */
export interface InfoNceOptions {
  /** What the scores are divided by; 1 by default. */
  readonly temperature?: number
  /**
   * Which document each passage is, int32 `[queries, each]`: a query's own document is not counted as wrong where it comes
   * again with another query. By default all are different.
   */
  readonly documents?: Tensor | undefined
}

/** What {@link infoNce} gives, both scalars. */
export interface InfoNce {
  /** In nats. */
  readonly loss: Tensor
  /** The share of the queries whose own passage has the highest score. */
  readonly accuracy: Tensor
}

/**
 * @param scores `[queries, queries * each]`: of all queries' passages, each query's own first of its `each`
 * @throws WinnowError when the shape is another, or the temperature is not above 0
 */
export function infoNce(scores: Tensor, options: InfoNceOptions = {}): InfoNce {
  const { temperature = 1, documents } = options
  const [queries, candidates] = scores.shape as [number, number]
  check(
    scores.rank === 2 && queries >= 1 && candidates % queries === 0,
    () =>
      `infoNce: scores: shape [${scores.shape}] came, expected [queries, a multiple of the queries]`,
  )
  check(
    documents === undefined || documents.shape.join() === [queries, candidates / queries].join(),
    () =>
      `infoNce: documents: shape [${documents?.shape}] came, expected [${queries}, ${candidates / queries}]`,
  )
  check(
    temperature > 0 && Number.isFinite(temperature),
    () => `infoNce: temperature: ${temperature} came, expected a number above 0`,
  )
  const each = candidates / queries
  return tidy(() => {
    const places = Int32Array.from({ length: queries }, (_, i) => i * each)
    const hot = new Float32Array(queries * candidates)
    for (const [i, place] of places.entries()) hot[i * candidates + place] = 1
    const positive = tensor(hot, [queries, candidates])
    const scaled: Tensor = div(scores, temperature)
    const allowed =
      documents === undefined ? scaled : add(scaled, sameDocument(documents, positive))
    const won = withoutGradient(() =>
      mean(cast(equal(argMax(allowed, 1), tensor(places, [queries], 'int32')), 'float32')),
    )
    return { loss: mean(neg(sum(mul(logSoftmax(allowed), positive), 1))), accuracy: won as Tensor }
  })
}

/** Far below every score where a column is a query's own document once more: `[queries, candidates]`. */
function sameDocument(documents: Tensor, positive: Tensor): Tensor {
  const [count, each] = documents.shape as [number, number]
  const own = slice(documents, [0, 0], [count, 1])
  const same = cast(equal(own, reshape(documents, [1, count * each])), 'float32')
  return mul(sub(same, positive), -1e4)
}
