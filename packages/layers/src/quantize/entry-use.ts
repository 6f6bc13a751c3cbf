/**
 * How a batch uses the entries of a codebook: perplexity and share in use.
 *
 *     perplexity = exp(-sum_i p_i log p_i),    p_i = share of the batch's vectors that became entry i
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import {
  cast,
  div,
  equal,
  exp,
  floorDiv,
  greater,
  log,
  matMul,
  maximum,
  mean,
  mul,
  neg,
  oneHot,
  reshape,
  scalar,
  sub,
  sum,
} from '@tensorflow/tfjs-core'
import { withoutGradient } from '@winnow/core'

/** Both are scalars; see `QuantizerResult`. */
export interface EntryUse {
  readonly perplexity: Tensor
  readonly usage: Tensor
}

/** Pairs of vectors that are compared, where there are more entries than vectors: 64 MiB of float32. */
const MOST_PAIRS = 2 ** 24
/** The least share whose logarithm is taken. A share of 0 counts as 0 whatever the logarithm. */
const TINY = 1e-30

/** How often each entry was taken, `[entries]` in any shape, as {@link EntryUse}. */
export function useOfCounts(counts: Tensor, rows: number): EntryUse {
  return withoutGradient(() => {
    return {
      perplexity: exp(entropy(div(counts, rows))),
      usage: mean(cast(greater(counts, 0), 'float32')),
    }
  })
}

/**
 * The same from indices `[rows]`, for codebooks that are too large for a one-hot row for every vector: by comparing all
 * pairs of vectors where these are few, and otherwise by a product of two short one-hot rows (index = high * size + low).
 */
export function useOfIndices(indices: Tensor, entries: number): EntryUse {
  const rows = indices.size
  return withoutGradient(() => {
    const flat = reshape(indices, [rows]) as Tensor1D
    if (rows < entries && rows * rows <= MOST_PAIRS) return useByPairs(flat, entries)
    const size = 2 ** Math.ceil(Math.log2(entries) / 2)
    const high = floorDiv(flat, scalar(size, 'int32')) as Tensor1D
    const low = sub(flat, mul(high, scalar(size, 'int32'))) as Tensor1D
    const counts = matMul(
      oneHotRows(high, Math.max(2, Math.ceil(entries / size))),
      oneHotRows(low, size),
      true,
      false,
    )
    const { perplexity, usage } = useOfCounts(counts, rows)
    // The product may have places for more entries than there are.
    return { perplexity, usage: mul(usage, counts.size / entries) }
  })
}

/** Entropy in nats of probabilities that sum to 1, in any shape. */
export function entropy(probabilities: Tensor): Tensor {
  return neg(sum(mul(probabilities, log(maximum(probabilities, TINY)))))
}

/** `[rows]` int32 to float32 `[rows, entries]` with a single 1 in a row; tfjs wants 2 entries or more. */
export function oneHotRows(indices: Tensor, entries: number): Tensor2D {
  // Not oneHot's own dtype: wasm writes int32 whatever was asked for.
  return cast(oneHot(indices as Tensor1D, entries), 'float32') as Tensor2D
}

/** With c the number of vectors that share a vector's entry: sum_i p_i log p_i = mean log(c / rows), entries in use = sum 1 / c. */
function useByPairs(indices: Tensor1D, entries: number): EntryUse {
  const rows = indices.size
  const same = equal(reshape(indices, [rows, 1]), reshape(indices, [1, rows]))
  const sharing = sum(cast(same, 'float32'), 1)
  return {
    perplexity: exp(neg(mean(log(div(sharing, rows))))),
    usage: div(sum(div(1, sharing)), entries),
  }
}
