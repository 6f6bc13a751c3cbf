/**
 * The ordinary-token embedding of DupMAE (Liu, Xiao, Shao and Cao, 2023): of each entry of the vocabulary the largest logit
 * that any token of the passage gives it (as in SPLADE: Formal et al., 2021).
 *
 *     mu_v = max over kept t of h_t E_v
 *
 * Of `[batch, tokens, vocabulary]` logits only a few passages' exist at a time, and what is kept of them is the token that
 * won: to that token alone goes the gradient of an entry.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { check, needsHigherOrder, ownGradient, withoutGradient } from '@winnow/core'

/** Added to the logits of tokens that do not count; the same as in the official code. */
const OUT = -1000

/** Values that a piece of the work may hold: 32 MB. */
const ROOM = 2 ** 23

/**
 * `[batch, vocabulary]`.
 *
 * @param tokens what the head made of them: `[batch, tokens, features]`
 * @param table the embedding: `[vocabulary, features]`
 * @param kept 1 (or true) for tokens that count, else 0: `[batch, tokens]`
 * @throws WinnowError when shapes do not fit
 */
export function maxPooledLogits(tokens: Tensor, table: Tensor, kept: Tensor): Tensor {
  const [batch, count, features] = tokens.shape
  check(
    tokens.rank === 3 && table.rank === 2 && table.shape[1] === features,
    () =>
      `maxPooledLogits: tokens [${tokens.shape}] and table [${table.shape}] came, expected [batch, tokens, features] and [vocabulary, features]`,
  )
  check(
    kept.shape.join() === [batch, count].join(),
    () => `maxPooledLogits: kept: shape [${kept.shape}] came, expected [${batch}, ${count}]`,
  )
  return tf.tidy(() => {
    const offsets = withoutGradient(() =>
      tf.mul(tf.sub(1, tf.cast(kept, 'float32')), OUT),
    ) as Tensor
    return needsHigherOrder()
      ? composed(tokens, table, offsets)
      : withGradient(tokens, table, offsets)
  })
}

function composed(tokens: Tensor, table: Tensor, offsets: Tensor): Tensor {
  const [batch, count, features] = tokens.shape as [number, number, number]
  const rows = tf.reshape(tokens, [batch * count, features])
  const logits = tf.reshape(tf.matMul(rows, table as tf.Tensor2D, false, true), [batch, count, -1])
  return tf.max(tf.add(logits, tf.expandDims(offsets, -1)), 1)
}

/** Passages of a piece, so that its logits do not take more than the room. */
function pieces(tokens: Tensor, table: Tensor): readonly (readonly [from: number, size: number])[] {
  const [batch, count] = tokens.shape as [number, number, number]
  const each = (table.shape[0] as number) * count
  const size = Math.max(1, Math.floor(ROOM / each))
  return Array.from({ length: Math.ceil(batch / size) }, (_, i) => [
    i * size,
    Math.min(size, batch - i * size),
  ])
}

/** Rows of some passages: `[size * tokens, features]`. */
function rowsOf(tokens: Tensor, from: number, size: number): Tensor {
  const [, count, features] = tokens.shape as [number, number, number]
  const part = tf.slice(tokens, [from, 0, 0], [size, count, features])
  return tf.reshape(part, [size * count, features])
}

function withGradient(tokens: Tensor, table: Tensor, offsets: Tensor): Tensor {
  const [, count] = tokens.shape as [number, number, number]
  const vocabulary = table.shape[0] as number
  const { largest, places } = withoutGradient(() => {
    const found = pieces(tokens, table).map(([from, size]) => {
      // The tokens on the last axis: what is compared lies side by side.
      const rows = rowsOf(tokens, from, size)
      const products = tf.matMul(table as tf.Tensor2D, rows as tf.Tensor2D, false, true)
      const logits = tf.add(
        tf.reshape(products, [vocabulary, size, count]),
        tf.slice(offsets, [from, 0], [size, count]),
      )
      return [tf.transpose(tf.max(logits, -1)), tf.transpose(tf.argMax(logits, -1) as Tensor)]
    })
    const part = (at: 0 | 1): Tensor => joined(found.map((pair) => pair[at] as Tensor))
    return { largest: part(0), places: part(1) }
  })
  return ownGradient('maxPooledLogits', [tokens, table], {
    forward(save) {
      save(tokens, table, places)
      return tf.reshape(largest, largest.shape)
    },
    backward(gradient, saved) {
      const [h, e, places] = saved as [Tensor, Tensor, Tensor]
      const found = pieces(h, e).map(([from, size]) =>
        pieceGradient(
          rowsOf(h, from, size),
          e,
          tf.slice(places, [from, 0], [size, vocabulary]),
          tf.slice(gradient, [from, 0], [size, vocabulary]),
        ),
      )
      const ofTokens = joined(found.map(([first]) => first))
      const ofTable = found.map(([, second]) => second)
      return [
        tf.reshape(ofTokens, h.shape),
        ofTable.reduce((sum, next) => tf.add(sum, next) as Tensor),
      ]
    },
  })
}

/**
 * Of the rows `[size * tokens, features]` and of the table, for winners and gradients `[size, vocabulary]`: products with
 * the gradients in their places, which here are quicker than to gather and scatter rows.
 */
function pieceGradient(
  rows: Tensor,
  table: Tensor,
  places: Tensor,
  gradient: Tensor,
): readonly [Tensor, Tensor] {
  const [size, vocabulary] = gradient.shape as [number, number]
  const count = (rows.shape[0] as number) / size
  const column = (x: Tensor): Tensor => tf.reshape(tf.transpose(x), [vocabulary, size, 1])
  const won = tf.equal(column(tf.cast(places, 'int32')), tf.range(0, count, 1, 'int32'))
  const placed = tf.reshape(tf.mul(tf.cast(won, 'float32'), column(gradient)), [
    vocabulary,
    size * count,
  ])
  return [
    tf.matMul(placed, table as tf.Tensor2D, true, false),
    tf.matMul(placed, rows as tf.Tensor2D),
  ]
}

function joined(parts: readonly Tensor[]): Tensor {
  return parts.length === 1 ? (parts[0] as Tensor) : tf.concat([...parts], 0)
}
