import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { gradient, higherOrder, prepareBackend, Rng } from '@winnow/core'
import { checkGradient } from '@winnow/core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { maxPooledLogits } from './max-pooled-logits.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
  prepareBackend()
})

const rng = new Rng(2)
const tokens = rng.normal([3, 5, 4])
const table = rng.normal([7, 4])
const kept = tf.tensor2d([
  [1, 1, 1, 1, 1],
  [1, 1, 1, 0, 0],
  [1, 0, 1, 0, 1],
])

/** By loops: the largest logit of each entry and which token it is of. */
function byHand(): { largest: number[][]; places: number[][] } {
  const h = tokens.arraySync() as number[][][]
  const e = table.arraySync() as number[][]
  const k = kept.arraySync() as number[][]
  const largest: number[][] = []
  const places: number[][] = []
  for (const [b, rows] of h.entries()) {
    largest.push([])
    places.push([])
    for (const entry of e) {
      let best = Number.NEGATIVE_INFINITY
      let at = -1
      for (const [t, row] of rows.entries()) {
        const logit = row.reduce((sum, x, i) => sum + x * (entry[i] as number), 0)
        if (k[b]?.[t] === 1 && logit > best) {
          best = logit
          at = t
        }
      }
      largest[b]?.push(best)
      places[b]?.push(at)
    }
  }
  return { largest, places }
}

describe('maxPooledLogits', () => {
  it('is the largest logit of the tokens that count', () => {
    const found = maxPooledLogits(tokens, table, kept).arraySync() as number[][]
    for (const [b, row] of byHand().largest.entries()) {
      for (const [v, value] of row.entries()) expect(found[b]?.[v]).toBeCloseTo(value, 5)
    }
  })

  it('has a gradient that reaches exactly one place for each entry', () => {
    const { places } = byHand()
    for (const v of [0, 3, 6]) {
      const [slope] = gradient(
        () => tf.sum(tf.slice(maxPooledLogits(tokens, table, kept), [0, v], [3, 1])),
        [tokens],
      ) as [tf.Tensor]
      const touched = (tf.any(tf.notEqual(slope, 0), -1) as tf.Tensor).arraySync() as number[][]
      for (const [b, row] of touched.entries()) {
        expect(row.map((hit, t) => (hit ? t : -1)).filter((t) => t >= 0)).toEqual([places[b]?.[v]])
      }
    }
  })

  it('has the gradient of its definition, by differences and to second order', () => {
    const fn = (h: tf.Tensor, e: tf.Tensor): tf.Tensor => maxPooledLogits(h, e, kept)
    checkGradient(fn, [tokens, table], { step: 0.002, tolerance: 2e-3 })
    const own = gradient(() => tf.sum(tf.square(fn(tokens, table))), [tokens, table])
    const composed = higherOrder(() =>
      gradient(() => tf.sum(tf.square(fn(tokens, table))), [tokens, table]),
    )
    for (const [i, slope] of own.entries()) {
      expect(slope.dataSync()).toBeAllClose((composed[i] as tf.Tensor).dataSync(), {
        absolute: 1e-4,
      })
    }
  })

  it('cuts large work in pieces without a change, and leaks nothing', () => {
    // 2^23 / (70000 * 64) = 1 passage a piece.
    const big = new Rng(5).normal([3, 64, 2])
    const wide = new Rng(6).normal([70_000, 2])
    const all = tf.ones([3, 64])
    const before = tf.memory().numTensors
    const whole = tf.tidy(() => {
      const logits = tf.matMul(tf.reshape(big, [192, 2]), wide as tf.Tensor2D, false, true)
      const expected = tf.max(tf.reshape(logits, [3, 64, -1]), 1)
      return tf.max(tf.abs(tf.sub(maxPooledLogits(big, wide, all), expected))).dataSync()[0]
    })
    expect(whole).toBeLessThan(1e-4)
    expect(tf.memory().numTensors).toBe(before)
  })

  it('refuses what does not fit', () => {
    expect(() => maxPooledLogits(tokens, tf.ones([7, 3]), kept)).toThrow('expected [batch, tokens')
    expect(() => maxPooledLogits(tokens, table, tf.ones([3, 4]))).toThrow('expected [3, 5]')
  })
})
