/**
 * What the next token costs under logits that are products with a table of embeddings (tied output: Press and Wolf, 2017):
 *
 *     nats = log sum_v exp(h E_v) - h E_t
 *
 * The gradient is written out, and no one-hot matrix is made: with p = softmax(h E^T),
 *
 *     dh = p E - E_t,   dE = p^T h - (h added to the rows t)
 *
 * so that of all `[rows, vocabulary]` only p is kept.
 */
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { check, needsHigherOrder, ownGradient, withoutGradient } from '@winnow/core'

/**
 * Nats for each row: `[rows]`.
 *
 * @param hidden `[rows, features]`
 * @param embedding `[vocabulary, features]`
 * @param targets int32 `[rows]`, from 0 to `vocabulary - 1`
 * @throws WinnowError when shapes do not fit
 */
export function tokenLosses(hidden: Tensor, embedding: Tensor, targets: Tensor): Tensor {
  const [rows, features] = hidden.shape
  check(
    hidden.rank === 2 &&
      embedding.rank === 2 &&
      embedding.shape[1] === features &&
      targets.dtype === 'int32' &&
      targets.shape.join() === String(rows),
    () =>
      `tokenLosses: hidden [${hidden.shape}], embedding [${embedding.shape}] and targets ${targets.dtype} [${targets.shape}] came, expected [rows, features], [vocabulary, features] and int32 [rows]`,
  )
  return tf.tidy(() =>
    needsHigherOrder()
      ? composed(hidden, embedding, targets)
      : withGradient(hidden, embedding, targets),
  )
}

const rowsOf = (table: Tensor, ids: Tensor): Tensor => tf.gather(table, ids as Tensor1D)

const logitsOf = (hidden: Tensor, embedding: Tensor): Tensor =>
  tf.matMul(hidden as Tensor<never>, embedding as Tensor<never>, false, true)

function ownLogits(hidden: Tensor, embedding: Tensor, targets: Tensor): Tensor {
  return tf.sum(tf.mul(hidden, rowsOf(embedding, targets)), -1)
}

function composed(hidden: Tensor, embedding: Tensor, targets: Tensor): Tensor {
  return tf.sub(
    tf.logSumExp(logitsOf(hidden, embedding), -1),
    ownLogits(hidden, embedding, targets),
  )
}

interface Forward {
  /** The softmax: `[rows, vocabulary]`. */
  readonly shares: Tensor
  readonly nats: Tensor
}

function forward(hidden: Tensor, embedding: Tensor, targets: Tensor): Forward {
  const logits = logitsOf(hidden, embedding)
  const shares = tf.softmax(logits as Tensor<never>)
  // The largest share is at least 1 / vocabulary, so that its logarithm is always there.
  const total = tf.sub(tf.max(logits, -1), tf.log(tf.max(shares, -1)))
  return { shares, nats: tf.sub(total, ownLogits(hidden, embedding, targets)) }
}

function withGradient(hidden: Tensor, embedding: Tensor, targets: Tensor): Tensor {
  const [rows, features] = hidden.shape as [number, number]
  const vocabulary = embedding.shape[0] as number
  const { shares, nats } = withoutGradient(() => forward(hidden, embedding, targets))
  return ownGradient('tokenLosses', [hidden, embedding], {
    forward(save) {
      save(hidden, embedding, targets, shares)
      return tf.reshape(nats, [rows])
    },
    backward(gradient, saved) {
      const [h, table, ids, shares] = saved as [Tensor, Tensor, Tensor, Tensor]
      const weights = tf.reshape(gradient, [rows, 1])
      const weighted: Tensor = tf.mul(h, weights)
      const seen = tf.matMul(shares as Tensor<never>, table as Tensor<never>)
      const expected = tf.matMul(shares as Tensor<never>, weighted as Tensor<never>, true, false)
      const counted = tf.unsortedSegmentSum(weighted, ids as Tensor1D, vocabulary)
      return [
        tf.mul(tf.sub(seen, rowsOf(table, ids)), weights),
        tf.reshape(tf.sub(expected, counted), [vocabulary, features]),
      ]
    },
  })
}
