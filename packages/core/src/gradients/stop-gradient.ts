/** Cutting the tape: operations that run without being recorded. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { clone, engine } from '@tensorflow/tfjs-core'

/**
 * Runs `fn` without recording: what it returns is a constant for every gradient, and nothing is kept for a backward
 * pass. For teachers, targets and masks. (A gradient taken inside still works, and its result is a constant as well.)
 *
 * @returns what `fn` returns.
 */
export function withoutGradient<T>(fn: () => T): T {
  const { state } = engine()
  // tfjs records nothing while it believes itself inside a kernel.
  state.kernelDepth++
  try {
    return fn()
  } finally {
    state.kernelDepth--
  }
}

/**
 * The same values, through which no gradient flows.
 *
 * @returns a new tensor of the same shape and dtype that shares the data of `x`.
 */
export function stopGradient<T extends Tensor>(x: T): T {
  return withoutGradient(() => clone(x)) as T
}
