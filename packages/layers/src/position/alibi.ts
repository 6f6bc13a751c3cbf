/**
 * ALiBi, attention with linear biases (Press, Smith and Lewis, 2021): no positions in the tokens; a logit falls with the
 * distance, at another rate in each head.
 *
 *     bias_hij = -m_h |i - j|,   m_h = 2^(-8 h / heads) for h = 1, ..., heads
 *
 * Where the number of heads is no power of two, the slopes of the next lower power come first, then every other one of
 * twice that. The distance on both sides is for encoders; with a causal mask it is the paper's bias.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { abs, add, cast, expandDims, mul, neg, range, sub, tensor } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import { checkCount } from '../shape.ts'

/** See {@link alibi}. */
export interface AlibiOptions {
  /**
   * Place of the first query: a number, or an int32 scalar where it changes from call to call of a compiled function, as
   * in decoding with a cache. By default the queries are the last tokens: keys - queries.
   */
  readonly position?: number | Tensor
}

/**
 * The bias of attention, float32 `[heads, queries, keys]`.
 *
 * @throws WinnowError when a count is not a whole number >= 1, or there are fewer keys than queries and no position
 */
export function alibi(
  heads: number,
  queries: number,
  keys: number = queries,
  options: AlibiOptions = {},
): Tensor {
  checkCount('alibi: queries', queries)
  checkCount('alibi: keys', keys, options.position === undefined ? queries : 1)
  const { position = keys - queries } = options
  check(
    typeof position === 'number' ? Number.isInteger(position) : position.rank === 0,
    () =>
      `alibi: position: ${typeof position === 'number' ? position : `shape [${position.shape}]`} came, expected a whole number or a scalar`,
  )
  const slopes = alibiSlopes(heads)
  const first = typeof position === 'number' ? position : cast(position, 'float32')
  const places = expandDims(add(range(0, queries), first), 1)
  const distance = abs(sub(places, range(0, keys)))
  return mul(neg(distance), tensor(slopes, [heads, 1, 1], 'float32'))
}

/** m: how much a logit falls with each place, one for each head. */
export function alibiSlopes(heads: number): number[] {
  checkCount('alibi: heads', heads)
  const power = 2 ** Math.floor(Math.log2(heads))
  const slopes = Array.from({ length: power }, (_, h) => 2 ** ((-8 * (h + 1)) / power))
  const between = Array.from(
    { length: heads - power },
    (_, h) => 2 ** ((-8 * (2 * h + 1)) / (2 * power)),
  )
  return [...slopes, ...between]
}
