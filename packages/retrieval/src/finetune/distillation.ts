/**
 * Learning from a teacher that scored each query's candidates, such as a cross-encoder (Hinton, Vinyals and Dean, 2015; for
 * retrieval: Hofstätter et al., 2020).
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { exp, mean, mul, slice, square, sub, sum, tidy } from '@tensorflow/tfjs-core'
import { check, logSoftmax, withoutGradient } from '@winnow/core'

/**
 * The divergence of the student's shares from the teacher's: mean over queries of KL(softmax(teacher) || softmax(scores)).
 *
 * @param scores already divided by the temperature: `[queries, candidates]`
 * @param teacher of the same shape; no gradient flows to it
 * @throws WinnowError when the shapes differ
 */
export function distillationLoss(scores: Tensor, teacher: Tensor): Tensor {
  checkShapes('distillationLoss', scores, teacher)
  return tidy(() => {
    const wanted = withoutGradient(() => logSoftmax(teacher))
    const shares = withoutGradient(() => exp(wanted))
    return mean(sum(mul(shares, sub(wanted, logSoftmax(scores))), -1))
  })
}

/**
 * Margin MSE (Hofstätter et al., 2020): how far each candidate lies below the first, compared with the teacher.
 *
 * @param scores the positive first: `[queries, candidates]`
 * @param teacher of the same shape; no gradient flows to it
 * @throws WinnowError when the shapes differ, or there is one candidate alone
 */
export function marginLoss(scores: Tensor, teacher: Tensor): Tensor {
  checkShapes('marginLoss', scores, teacher)
  const [queries, candidates] = scores.shape as [number, number]
  check(
    candidates >= 2,
    () => 'marginLoss: scores: one candidate alone came, expected negatives too',
  )
  const margins = (x: Tensor): Tensor =>
    sub(slice(x, [0, 0], [queries, 1]), slice(x, [0, 1], [queries, candidates - 1]))
  return tidy(() =>
    mean(
      square(
        sub(
          margins(scores),
          withoutGradient(() => margins(teacher)),
        ),
      ),
    ),
  )
}

function checkShapes(name: string, scores: Tensor, teacher: Tensor): void {
  check(
    scores.rank === 2 && scores.shape.join() === teacher.shape.join(),
    () =>
      `${name}: scores [${scores.shape}] and teacher [${teacher.shape}] came, expected [queries, candidates] both`,
  )
}
