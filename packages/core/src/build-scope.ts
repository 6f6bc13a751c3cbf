/**
 * A bound on what a constructor may make: a model's configuration may come from a stranger and ask for any size. Slots
 * and random draws count against it, since in a layer the weights, drawn at random, come first.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { WinnowError } from './error.ts'

interface BuildScope {
  /** Values that may still be made. */
  left: number
  /** What the slots made so far hold. */
  readonly tensors: Tensor[]
  readonly refusal: () => WinnowError
}

/** What a slot costs besides its values. */
const SLOT_COST = 64

let current: BuildScope | undefined

/** A generous bound for a model that consists of tensors of these sizes: whatever is larger is another model. */
export function buildLimit(sizes: readonly number[]): number {
  return 4 * sizes.reduce((sum, size) => sum + size + SLOT_COST, 0) + 2 ** 20
}

/**
 * Runs `make`; when it throws, the tensors of the slots that it made are disposed.
 *
 * @param limit values that it may make
 * @param refusal thrown when it asks for more
 */
export function buildWithin<T>(limit: number, refusal: () => WinnowError, make: () => T): T {
  const outer = current
  const scope: BuildScope = { left: limit, tensors: [], refusal }
  current = scope
  try {
    return make()
  } catch (error) {
    for (const tensor of scope.tensors) if (!tensor.isDisposed) tensor.dispose()
    throw error
  } finally {
    current = outer
  }
}

/** Counts a random draw, before it is made. */
export function claimDraw(values: number): void {
  claim(values)
}

/** Counts a slot. */
export function claimSlot(value: Tensor): void {
  current?.tensors.push(value)
  claim(value.size + SLOT_COST)
}

function claim(values: number): void {
  if (current === undefined) return
  current.left -= values
  // Written so that NaN is refused.
  if (!(current.left >= 0)) throw current.refusal()
}
