/** Functions of several operations whose gradient is written out, in fewer passes than the tape would make. */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { refuseSecondDerivative } from './higher-order.ts'

/** A function, and its gradient for first derivatives. */
export interface OwnGradient {
  /** Runs unrecorded. What the gradient needs goes through `save`. */
  readonly forward: (save: (...tensors: Tensor[]) => void) => Tensor
  /** New tensors, one for each input and of its shape, from the result's gradient and what was saved. */
  readonly backward: (gradient: Tensor, saved: readonly Tensor[]) => Tensor[]
}

/**
 * The value of `forward`, recorded with `backward` as its gradient.
 *
 * Right for first derivatives only: where `needsHigherOrder()`, compute the plain composition instead.
 *
 * @param name for the message when a second derivative passes through it all the same.
 */
export function ownGradient(
  name: string,
  inputs: readonly Tensor[],
  { forward, backward }: OwnGradient,
): Tensor {
  const run = tf.customGrad((...given) => {
    const save = given[given.length - 1] as unknown as tf.GradSaveFunc
    return {
      value: forward((...tensors) => save(tensors)),
      gradFunc: (gradient: Tensor, saved: Tensor[]) => {
        refuseSecondDerivative(name)
        return backward(gradient, saved)
      },
    }
  })
  return run(...inputs)
}
