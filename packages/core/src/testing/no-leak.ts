/** A check that some work leaves no tensor behind. */
import { memory } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'

/** Settings of {@link expectNoLeak}. */
export interface NoLeakOptions {
  /** Calls of the work before the count starts, for what it rightly keeps the first time. Default 0. */
  readonly warmUp?: number
}

/**
 * Runs `work` and throws if more or fewer tensors are alive afterwards. What it returns should therefore be numbers, or
 * be disposed of by then.
 *
 * @param work the calls to check, synchronous or not.
 * @returns what the last call of `work` returned.
 * @throws WinnowError with the number of tensors gained or lost.
 */
export async function expectNoLeak<Result>(
  work: () => Result | Promise<Result>,
  options: NoLeakOptions = {},
): Promise<Result> {
  const { warmUp = 0 } = options
  for (let call = 0; call < warmUp; call++) await work()
  const before = memory().numTensors
  const result = await work()
  const gained = memory().numTensors - before
  check(gained <= 0, () => `expectNoLeak: ${gained} tensors were left behind`)
  check(gained >= 0, () => `expectNoLeak: ${-gained} tensors of the caller were disposed of`)
  return result
}
