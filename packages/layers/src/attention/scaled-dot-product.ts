/**
 * Scaled dot-product attention (Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin, 2017):
 *
 *     logits = scale Q K^T,   maps = softmax(logits + bias),   result = maps V
 *
 * With fewer heads of keys and values than of queries, neighbouring query heads share one (Ainslie et al., 2023: grouped
 * queries; one head for all is Shazeer's multi-query attention, 2019).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { add, cast, matMul, max, mul, reshape, softmax, sub } from '@tensorflow/tfjs-core'
import { check } from '@winnow/core'
import { sizeOf } from '../shape.ts'

/** The tensors of one call of attention, as an observer sees them; they belong to the call. */
export interface AttentionSeen {
  /** `[batch, heads, queries, size]`, after rotary positions and before the scale. */
  readonly queries: Tensor
  /** `[batch, keyValueHeads, keys, size]`, after rotary positions; all places of a cache. */
  readonly keys: Tensor
  /** `[batch, keyValueHeads, keys, size]`. */
  readonly values: Tensor
  /** Scaled products before bias and mask: `[batch, heads, queries, keys]`. */
  readonly logits: Tensor
  /** What values are averaged by, before dropout: `[batch, heads, queries, keys]`, rows sum to 1 or are zero. */
  readonly maps: Tensor
}

/** Is shown what attention computes. To keep a tensor, return or clone it: the others go with the call. */
export type AttentionObserver = (seen: AttentionSeen) => void

/** See {@link scaledDotProductAttention}. */
export interface ScaledDotProductOptions {
  /** 1 (or true) where a query may look at a key, else 0: broadcast to `[batch, heads, queries, keys]`. */
  readonly mask?: Tensor
  /** Added to the logits: float32, broadcast to `[batch, heads, queries, keys]`. */
  readonly bias?: Tensor
  /** 1 / sqrt(size) by default. */
  readonly scale?: number
  /** Applied to the maps before the values are averaged, such as dropout. */
  readonly dropout?: (maps: Tensor) => Tensor
  /** Is shown the tensors of the call; nothing is computed for it when absent. */
  readonly observe?: AttentionObserver
}

/** Far below every logit, so that a hidden key's share is exactly zero, yet finite in half precision (exported models). */
const hidden = 3e4

/**
 * Averages of `value` for each query: `[batch, heads, queries, size]`. Queries that may look nowhere get zeros.
 *
 * @param query `[batch, heads, queries, size]`
 * @param key `[batch, keyValueHeads, keys, size]`, where `keyValueHeads` divides `heads`
 * @param value as `key`; its size may differ, and the result's is the same
 * @throws WinnowError when shapes do not fit, or mask or bias do not broadcast
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: ScaledDotProductOptions = {},
): Tensor {
  checkShapes(query, key, value)
  const [batch, heads, queries, size] = query.shape as [number, number, number, number]
  const [, groups, keys] = key.shape as [number, number, number, number]
  const { mask, bias, scale = 1 / Math.sqrt(size), dropout, observe } = options
  const shape = [batch, heads, queries, keys]
  checkBroadcast('mask', mask, shape)
  checkBroadcast('bias', bias, shape)
  // Heads that share keys are rows of one product: nothing is repeated.
  const rows = (heads / groups) * queries
  const grouped = (x: Tensor, width: number): Tensor =>
    groups === heads ? x : reshape(x, [batch, groups, rows, width])
  const ungrouped = (x: Tensor, width: number): Tensor =>
    groups === heads ? x : reshape(x, [batch, heads, queries, width])

  // The scale goes to the smaller one of queries and logits.
  const early = size < keys
  const factors = grouped(early ? mul(query, scale) : query, size)
  const products: Tensor = ungrouped(matMul(factors, key, false, true), keys)
  const logits = early ? products : mul(products, scale)
  const allowed = mask && (mask.dtype === 'float32' ? mask : cast(mask, 'float32'))
  const offsets = [bias, allowed && mul(sub(allowed, 1), hidden)].filter((x) => x !== undefined)
  const maps = softmax(withOffsets(logits, offsets))
  const shares = grouped(dropout?.(maps) ?? maps, keys)
  const mixed = ungrouped(matMul(shares, value), value.shape[3] as number)
  const looks = allowed && max(allowed, -1, true)
  observe?.({
    queries: query,
    keys: key,
    values: value,
    logits,
    maps: looks === undefined ? maps : mul(maps, looks),
  })
  return looks === undefined ? mixed : mul(mixed, looks)
}

/** Adds offsets to the logits: in one pass where their sum is smaller than the logits. */
function withOffsets(logits: Tensor, offsets: readonly Tensor[]): Tensor {
  const [first, second] = offsets
  if (first === undefined) return logits
  if (second === undefined) return add(logits, first)
  const sizes = logits.shape.map((_, axis) =>
    Math.max(...[first, second].map((x) => x.shape[axis - logits.rank + x.rank] ?? 1)),
  )
  if (sizeOf(sizes) < logits.size) return add(logits, add(first, second))
  return add(add(logits, first), second)
}

function checkShapes(query: Tensor, key: Tensor, value: Tensor): void {
  const named = { query, key, value }
  for (const [name, { shape }] of Object.entries(named)) {
    check(
      shape.length === 4 && !shape.includes(0),
      () =>
        `scaledDotProductAttention: ${name}: shape [${shape}] came, expected [batch, heads, tokens, size]`,
    )
  }
  const [batch, heads, , size] = query.shape as [number, number, number, number]
  const [keyBatch, groups, keys, keySize] = key.shape as [number, number, number, number]
  check(
    keyBatch === batch && keySize === size && heads % groups === 0,
    () =>
      `scaledDotProductAttention: key: shape [${key.shape}] came, expected [${batch}, a divisor of ${heads}, keys, ${size}] for queries of shape [${query.shape}]`,
  )
  check(
    value.shape.slice(0, 3).join() === key.shape.slice(0, 3).join(),
    () =>
      `scaledDotProductAttention: value: shape [${value.shape}] came, expected [${batch}, ${groups}, ${keys}, size] as the keys have`,
  )
}

/** Throws unless `x`, where there is one, broadcasts to the shape of the logits. */
export function checkBroadcast(
  name: string,
  x: Tensor | undefined,
  shape: readonly number[],
): void {
  if (x === undefined) return
  check(
    x.rank <= 4 &&
      x.shape.every((size, axis) => size === 1 || size === shape[axis + 4 - x.shape.length]),
    () =>
      `attention: ${name}: shape [${x.shape}] came, expected what broadcasts to [batch, heads, queries, keys] = [${shape}]`,
  )
}
