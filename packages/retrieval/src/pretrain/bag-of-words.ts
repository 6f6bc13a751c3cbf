/**
 * The bag-of-words loss of DupMAE (Liu, Xiao, Shao and Cao, 2023): the pooled logits must name the words of the passage.
 *
 *     loss = mean over passages of - sum_v g_v log softmax(mu)_v,   g_v = 1/n for each distinct token
 *
 * Repeated tokens do not add up, so that g may sum to less than 1.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { mean, mul, neg, sum } from '@tensorflow/tfjs-core'
import { check, logSoftmax } from '@winnow/core'

/**
 * A scalar, in nats.
 *
 * @param logits pooled over tokens: `[batch, vocabulary]`
 * @param bag g: of the same shape
 * @throws WinnowError when the shapes differ
 */
export function bagOfWordsLoss(logits: Tensor, bag: Tensor): Tensor {
  check(
    logits.rank === 2 && logits.shape.join() === bag.shape.join(),
    () =>
      `bagOfWordsLoss: logits [${logits.shape}] and bag [${bag.shape}] came, expected [batch, vocabulary] both`,
  )
  return mean(neg(sum(mul(bag, logSoftmax(logits)), -1)))
}
