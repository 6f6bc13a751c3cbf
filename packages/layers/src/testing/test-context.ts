/**
 * A context as a training step or a validation pass gives one.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { scalar } from '@tensorflow/tfjs-core'
import { type Context, Rng, type State } from '@winnow/core'

/** A context whose updates are collected as `fit` does: only when training, the last one of a State counts. */
export function testContext(
  training: boolean,
  seed = 1,
): { context: Context; updates: Map<State, Tensor> } {
  const updates = new Map<State, Tensor>()
  const update = (state: State, value: Tensor): void => {
    if (training) updates.set(state, value)
  }
  const context = { rng: new Rng(seed), step: scalar(0), scalars: {}, training, update }
  return { context, updates }
}
