/**
 * A codebook of moving averages (van den Oord et al., 2017, appendix A.1): each entry is the average of the vectors that
 * became it. With n_i the number of these in a batch and s_i their sum,
 *
 *     N_i <- decay N_i + (1 - decay) n_i        m_i <- decay m_i + (1 - decay) s_i
 *     entry_i = m_i / N'_i,                     N'_i = (N_i + epsilon) / (N + entries epsilon) N,   N = sum_i N_i
 *
 * the last being Laplace smoothing. Entries that are hardly used are put on random vectors of the batch (Zeghidour et
 * al., 2021, section III-C).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  add,
  div,
  fill,
  gather,
  less,
  matMul,
  mul,
  reshape,
  sum,
  where,
} from '@tensorflow/tfjs-core'
import { type Rng, withoutGradient } from '@winnow/core'

/** What is remembered of the vectors so far. */
export interface CodebookAverages {
  /** Vectors a batch that became each entry, on average: `[entries]`. */
  readonly sizes: Tensor
  /** Their sums, on average: `[entries, features]`. */
  readonly sums: Tensor
  /** The entries: `[entries, features]`. */
  readonly codebook: Tensor
}

/** See {@link averaged}. */
export interface AverageOptions {
  readonly decay: number
  /** Of the Laplace smoothing. */
  readonly epsilon: number
  /** Entries whose average use is less are replaced; none when undefined. */
  readonly resetDead: number | undefined
}

/**
 * The averages after one more batch.
 *
 * @param rows the batch's vectors, `[rows, features]`
 * @param taken which entry each became, one-hot: `[rows, entries]`
 * @param rng draws the vectors that replace dead entries
 */
export function averaged(
  before: Pick<CodebookAverages, 'sizes' | 'sums'>,
  rows: Tensor,
  taken: Tensor,
  options: AverageOptions,
  rng: Rng,
): CodebookAverages {
  const { decay, epsilon, resetDead } = options
  const blend = (average: Tensor, value: Tensor): Tensor =>
    add(mul(average, decay), mul(value, 1 - decay))
  return withoutGradient(() => {
    const sizes = blend(before.sizes, sum(taken, 0))
    const sums = blend(
      before.sums,
      matMul(taken as Tensor<never>, rows as Tensor<never>, true, false),
    )
    const codebook = div(sums, column(smoothed(sizes, epsilon)))
    const averages = { sizes, sums, codebook }
    return resetDead === undefined ? averages : revived(averages, rows, resetDead, rng)
  })
}

/** Puts every entry used less than `bound` on a vector of the batch. */
function revived(
  { sizes, sums, codebook }: CodebookAverages,
  rows: Tensor,
  bound: number,
  rng: Rng,
): CodebookAverages {
  const entries = sizes.size
  const count = rows.shape[0] as number
  // Different vectors as long as there are enough.
  const chosen = rng.generate([entries], 'int32', (own) => {
    const order = own.permutation(count)
    return Int32Array.from({ length: entries }, (_, i) => order[i % count] as number)
  })
  const replacement = gather(rows, chosen as Tensor<never>)
  // Its even share of the vectors, and enough that an entry has some batches' time before it counts as dead again.
  const size = Math.max(count / entries, 2 * bound)
  const dead = less(sizes, bound)
  const deadRow = column(dead)
  return {
    sizes: where(dead, fill([entries], size), sizes),
    sums: where(deadRow, mul(replacement, size), sums),
    codebook: where(deadRow, replacement, codebook),
  }
}

/** Laplace smoothing: no size is zero, and their sum stays. */
function smoothed(sizes: Tensor, epsilon: number): Tensor {
  const total = sum(sizes)
  return mul(div(add(sizes, epsilon), add(total, sizes.size * epsilon)), total)
}

const column = (x: Tensor): Tensor => reshape(x, [x.size, 1])
