/**
 * Attention masks: which query may look at which key. All are bool and broadcast to `[batch, heads, queries, keys]`.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import {
  abs,
  equal,
  expandDims,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  notEqual,
  range,
  reshape,
  sub,
  tensor,
} from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import { checkCount } from '../shape.ts'

/**
 * Each token looks at itself and at those before it: bool `[queries, keys]`. With more keys than queries the queries are
 * the last tokens.
 *
 * @throws WinnowError when there are fewer keys than queries
 */
export function causalMask(queries: number, keys: number = queries): Tensor {
  checkCount('causalMask: queries', queries)
  checkCount('causalMask: keys', keys, queries)
  return greaterEqual(places(keys - queries, queries), range(0, keys))
}

/**
 * The first `prefix` tokens are seen by all, the others by themselves and those after (Raffel et al., 2020, after Liu et
 * al., 2018): bool `[tokens, tokens]`.
 */
export function prefixMask(tokens: number, prefix: number): Tensor {
  checkCount('prefixMask: tokens', tokens)
  check(
    Number.isInteger(prefix) && prefix >= 0 && prefix <= tokens,
    () => `prefixMask: prefix: ${prefix} came, expected a whole number from 0 to ${tokens}`,
  )
  const keys = range(0, tokens)
  return logicalOr(greaterEqual(places(0, tokens), keys), less(keys, prefix))
}

/** Each token looks at those at most `reach` places away: bool `[tokens, tokens]`. With {@link causalMask}: those before. */
export function windowMask(tokens: number, reach: number): Tensor {
  checkCount('windowMask: tokens', tokens)
  checkCount('windowMask: reach', reach, 0)
  return lessEqual(abs(sub(places(0, tokens), range(0, tokens))), reach)
}

/**
 * Tokens look at those of their own block: of one frame, sentence or packed document. Bool `[queries, keys]`, or
 * `[batch, 1, queries, keys]` for ids `[batch, tokens]`.
 *
 * @param queries the block of each query, `[queries]` or `[batch, queries]`
 * @param keys the block of each key; as `queries` by default
 * @throws WinnowError when the ids have other shapes
 */
export function blockMask(
  queries: readonly number[] | Tensor,
  keys: readonly number[] | Tensor = queries,
): Tensor {
  const [rows, columns] = [ids('queries', queries), ids('keys', keys)]
  check(
    rows.rank === 1 || columns.rank === 1 || rows.shape[0] === columns.shape[0],
    () =>
      `blockMask: keys: shape [${columns.shape}] came, expected a batch of ${rows.shape[0]} as the queries have`,
  )
  const along = (x: Tensor, axis: 1 | 2): Tensor =>
    x.rank === 1 ? expandDims(x, axis === 2 ? 1 : 0) : expandDims(expandDims(x, 1), axis + 1)
  return equal(along(rows, 2), along(columns, 1))
}

/**
 * Tokens that only fill a sequence up are not looked at: bool `[batch, 1, 1, keys]`.
 *
 * @param kept 1 (or true, or anything but 0) for real tokens, `[batch, keys]`
 * @throws WinnowError when `kept` has another rank
 */
export function paddingMask(kept: Tensor): Tensor {
  check(
    kept.rank === 2,
    () => `paddingMask: kept: shape [${kept.shape}] came, expected [batch, keys]`,
  )
  const [batch, keys] = kept.shape as [number, number]
  const real = kept.dtype === 'bool' ? kept : notEqual(kept, 0)
  return reshape(real, [batch, 1, 1, keys])
}

/** Where all of the masks, float32 or bool, let look. Those that are undefined do not count; undefined when all are. */
export function bothMasks(first: Tensor, ...masks: readonly (Tensor | undefined)[]): Tensor
export function bothMasks(...masks: readonly (Tensor | undefined)[]): Tensor | undefined
export function bothMasks(...masks: readonly (Tensor | undefined)[]): Tensor | undefined {
  const given = masks.filter((mask) => mask !== undefined)
  if (given.length <= 1) return given[0]
  return given.map(asBool).reduce((both, mask) => logicalAnd(both, mask))
}

function asBool(mask: Tensor): Tensor {
  return mask.dtype === 'bool' ? mask : notEqual(mask, 0)
}

/** `count` places from `first` on as a column, `[count, 1]`. */
function places(first: number, count: number): Tensor {
  return expandDims(range(first, first + count), 1)
}

function ids(name: string, given: readonly number[] | Tensor): Tensor {
  const blocks = 'dtype' in given ? given : tensor([...given], [given.length], 'int32')
  check(
    (blocks.rank === 1 || blocks.rank === 2) && blocks.size > 0,
    () => `blockMask: ${name}: shape [${blocks.shape}] came, expected [tokens] or [batch, tokens]`,
  )
  return blocks
}
