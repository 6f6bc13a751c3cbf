/**
 * Higher-order scope: which form of a gradient is recorded.
 *
 * tfjs copies a saved output onto the tape before the kernel's own node exists, so a gradient that saves its output
 * (exp, tanh, softmax...) is cut off from its input: its first derivative is right, its second silently wrong. Such
 * gradients have two forms here: a cheap one from the output, and one that saves inputs and recomputes. The second is
 * recorded where two tapes are open (a gradient inside a gradient) and inside {@link higherOrder}.
 */
import { engine } from '@tensorflow/tfjs-core'
import { WinnowError } from '../error.ts'

let openScopes = 0

/**
 * Runs `fn` so that every operation recorded inside can be differentiated twice or more.
 *
 * A gradient that is taken wholly inside another one (`gradient(() => f(x), [x])` within a loss) needs no such scope.
 * It is needed where the inner gradient reaches operations that were recorded before it, outside its own function:
 *
 * ```ts
 * const loss = higherOrder(() => {
 *   const hidden = tanh(matMul(x, weight))                    // recorded by the outer gradient
 *   const [slope] = gradient(() => sum(square(hidden)), [x])  // differentiates through it
 *   return sum(square(slope))
 * })
 * ```
 *
 * @returns what `fn` returns.
 */
export function higherOrder<T>(fn: () => T): T {
  openScopes++
  try {
    return fn()
  } finally {
    openScopes--
  }
}

/** True where recorded operations must stay right when differentiated twice. */
export function needsHigherOrder(): boolean {
  return openScopes > 0 || engine().state.gradientDepth >= 2
}

/** True where the operations that run now are recorded, so that a backward pass may itself be differentiated. */
function isRecording(): boolean {
  const { gradientDepth, kernelDepth } = engine().state
  return gradientDepth > 0 && kernelDepth === 0
}

/** Throws where the backward pass of an operation recorded in its first-order form is being differentiated. */
export function refuseSecondDerivative(name: string): void {
  if (isRecording()) {
    throw new WinnowError(
      `gradient: a second derivative passes through ${name}, which was recorded for first derivatives only. ` +
        'Compute it inside the function given to the inner gradient, or wrap both in higherOrder(() => ...).',
    )
  }
}
