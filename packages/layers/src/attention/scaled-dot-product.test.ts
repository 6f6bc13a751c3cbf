import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { gradient } from '@winnow/core'
import { checkGradient } from '@winnow/core/testing'
import { describe, expect, test } from 'vitest'
import { expectClose, normal, reader, sumOf, tabulate, valuesOf } from '../testing/values.ts'
import { causalMask, paddingMask } from './masks.ts'
import {
  type AttentionSeen,
  type ScaledDotProductOptions,
  scaledDotProductAttention,
} from './scaled-dot-product.ts'

/** The definition, as loops; hidden keys are left out of the sums. */
function byLoops(
  query: tf.Tensor,
  key: tf.Tensor,
  value: tf.Tensor,
  options: ScaledDotProductOptions = {},
): { logits: tf.Tensor; maps: tf.Tensor; result: tf.Tensor } {
  const [batch, heads, queries, size] = query.shape as [number, number, number, number]
  const [, groups, keys] = key.shape as [number, number, number]
  const { scale = 1 / Math.sqrt(size) } = options
  const whole = [batch, heads, queries, keys]
  const spread = (x: tf.Tensor | undefined, otherwise: number) =>
    reader(tf.broadcastTo(x ? tf.cast(x, 'float32') : tf.scalar(otherwise), whole))
  const [mask, bias] = [spread(options.mask, 1), spread(options.bias, 0)]
  const [q, k, v] = [reader(query), reader(key), reader(value)]
  const group = (h: number): number => Math.floor(h / (heads / groups))
  const logits = tabulate(
    whole,
    (n, h, i, j) => scale * sumOf(size, (e) => q(n, h, i, e) * k(n, group(h), j, e)),
  )
  const at = reader(logits)
  const weight = (n: number, h: number, i: number, j: number): number =>
    mask(n, h, i, j) * Math.exp(at(n, h, i, j) + bias(n, h, i, j))
  const maps = tabulate(whole, (n, h, i, j) => {
    const total = sumOf(keys, (other) => weight(n, h, i, other))
    return total === 0 ? 0 : weight(n, h, i, j) / total
  })
  const share = reader(maps)
  const result = tabulate([batch, heads, queries, value.shape[3] as number], (n, h, i, e) =>
    sumOf(keys, (j) => share(n, h, i, j) * v(n, group(h), j, e)),
  )
  return { logits, maps, result }
}

const query = normal([2, 4, 3, 5], 1)
const key = normal([2, 4, 6, 5], 2)
const value = normal([2, 4, 6, 2], 3)
const twoGroups = [normal([2, 2, 6, 5], 4), normal([2, 2, 6, 2], 5)] as const
/** The second example's first query, and all of its third head's, look nowhere. */
const anyMask = tabulate([2, 4, 3, 6], (n, h, i, j) =>
  (n === 1 && (i === 0 || h === 2)) || (n + 2 * h + 3 * i + 5 * j) % 3 === 0 ? 0 : 1,
)

describe('agrees with loops', () => {
  test.each<[string, ScaledDotProductOptions]>([
    ['as it comes', {}],
    ['another scale', { scale: 0.3 }],
    ['causal', { mask: causalMask(3, 6) }],
    ['padding', { mask: paddingMask(tf.tensor2d([1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0], [2, 6])) }],
    ['any mask, with rows that look nowhere', { mask: anyMask }],
    ['a mask of whole rows', { mask: tf.tensor2d([1, 0, 1], [3, 1], 'bool') }],
    ['a bias for each head', { bias: normal([4, 3, 6], 7) }],
    ['a bias and a mask, smaller together', { bias: normal([4, 3, 6], 7), mask: causalMask(3, 6) }],
    ['a bias and a mask, as large', { bias: normal([4, 3, 6], 7), mask: anyMask }],
  ])('%s', (_, options) => {
    for (const [k, v] of [[key, value], twoGroups] as const) {
      let seen: AttentionSeen | undefined
      const observe = (tensors: AttentionSeen): void => {
        seen = tensors
      }
      const result = scaledDotProductAttention(query, k, v, { ...options, observe })
      const expected = byLoops(query, k, v, options)
      expectClose(result, expected.result, 1e-6)
      expectClose(seen!.logits, expected.logits, 1e-6)
      expectClose(seen!.maps, expected.maps, 1e-6)
      expect(seen!.keys).toBe(k)
      // Observing changes nothing.
      expect(valuesOf(scaledDotProductAttention(query, k, v, options))).toEqual(valuesOf(result))
    }
  })

  test('sizes larger than the number of keys', () => {
    const [wide, other] = [normal([1, 1, 2, 9]), normal([1, 1, 3, 9], 2)]
    const { result } = byLoops(wide, other, other)
    expectClose(scaledDotProductAttention(wide, other, other), result, 1e-6)
  })
})

test('hidden keys have no share at all, even beside large logits', () => {
  const large = tf.mul(tf.abs(normal([1, 1, 4, 8])), 30)
  const masked = (changed: number): number[] => {
    const k = tf.tidy(() => tf.add(large, tf.tensor4d([0, 0, 0, changed], [1, 1, 4, 1])))
    return valuesOf(scaledDotProductAttention(large, k, k, { mask: causalMask(4) }))
  }
  const [before, after] = [masked(0), masked(100)]
  expect(after.slice(0, 24)).toEqual(before.slice(0, 24))
  expect(after.slice(24)).not.toEqual(before.slice(24))
})

test('what a query may look at nowhere is exactly zero, and its gradient too', () => {
  const mask = tf.tensor2d([1, 1, 0, 0], [2, 2])
  const [q, k, v] = [normal([1, 1, 2, 3], 1), normal([1, 1, 2, 3], 2), normal([1, 1, 2, 3], 3)]
  const result = scaledDotProductAttention(q, k, v, { mask })
  expect(valuesOf(tf.abs(result)).slice(3)).toEqual([0, 0, 0])
  const slope = gradient(() => tf.sum(scaledDotProductAttention(q, k, v, { mask })), [q])[0]!
  expect(valuesOf(tf.abs(slope)).slice(3)).toEqual([0, 0, 0])
  expect(valuesOf(slope).slice(0, 3)).not.toContain(0)
})

describe('gradients, to second order', () => {
  const [q, k, v] = [normal([1, 2, 2, 2], 1), normal([1, 2, 3, 2], 2), normal([1, 2, 3, 1], 3)]
  test.each<[string, ScaledDotProductOptions]>([
    ['as it comes', {}],
    ['masked', { mask: tf.tensor2d([1, 1, 0, 0, 0, 0], [2, 3]) }],
  ])('%s', (_, options) => {
    const attend = (...[a, b, c]: tf.Tensor[]): tf.Tensor =>
      scaledDotProductAttention(a!, b!, c!, options)
    checkGradient(attend, [q, k, v], { order: 2, tolerance: 2e-3 })
  })

  test('in a bias, and through shared keys', () => {
    const attend = (...[a, b, c, bias]: tf.Tensor[]): tf.Tensor =>
      scaledDotProductAttention(a!, b!, c!, { bias: bias! })
    const shared = [normal([1, 1, 3, 2], 4), normal([1, 1, 3, 1], 5)]
    checkGradient(attend, [q, ...shared, normal([2, 1, 3], 6)])
  })
})

describe('bad input', () => {
  const three = tf.zeros([2, 3, 6, 5])
  test.each<[string, () => tf.Tensor, string]>([
    [
      'queries without heads',
      () => scaledDotProductAttention(tf.zeros([2, 3, 5]), key, value),
      'query: shape [2,3,5] came, expected [batch, heads, tokens, size]',
    ],
    [
      'heads of keys that do not divide',
      () => scaledDotProductAttention(query, three, three),
      'key: shape [2,3,6,5] came, expected [2, a divisor of 4, keys, 5]',
    ],
    [
      'fewer values than keys',
      () => scaledDotProductAttention(query, key, tf.zeros([2, 4, 5, 5])),
      'value: shape [2,4,5,5] came, expected [2, 4, 6, size]',
    ],
    [
      'a mask that does not broadcast',
      () => scaledDotProductAttention(query, key, value, { mask: tf.ones([3, 3]) }),
      'mask: shape [3,3] came, expected what broadcasts to [batch, heads, queries, keys] = [2,4,3,6]',
    ],
    [
      'a bias of five axes',
      () => scaledDotProductAttention(query, key, value, { bias: tf.ones([1, 2, 4, 3, 6]) }),
      'bias: shape [1,2,4,3,6] came',
    ],
  ])('%s', (_, attend, message) => {
    expect(attend).toThrow(message)
  })
})
