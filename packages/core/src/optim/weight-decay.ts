/**
 * Decoupled weight decay (Loshchilov and Hutter, 2019): update = update + weightDecay * parameter.
 *
 * After Adam and before the learning rate this is AdamW; before everything else it is an L2 penalty.
 */
import type { Selector } from '../module.ts'
import { elementwise, type Rule } from './elementwise.ts'
import type { ElementwiseMemory } from './memory.ts'
import type { Optimizer } from './optimizer.ts'
import { checkNames, checkNonNegative } from './options.ts'

/** Options of {@link addDecayedWeights}. */
export interface WeightDecayOptions {
  /** The share of the parameter that is taken off per unit of learning rate, >= 0. */
  readonly weightDecay: number
  /** Which parameters decay; those of two axes or more by default, which leaves biases and norms alone. */
  readonly select?: Selector
}

/** Parameters of two axes or more: weights, not biases, gains or scalars. */
export const matrices: Selector = (_, slot) => slot.shape.length >= 2

/** Adds a share of the parameters themselves to the gradients. */
export function addDecayedWeights(options: WeightDecayOptions): Optimizer<ElementwiseMemory<Rule>> {
  checkNames('addDecayedWeights', options, ['weightDecay', 'select'])
  const { weightDecay, select = matrices } = options
  checkNonNegative('weightDecay', weightDecay)

  const rule: Rule<never, never> = ({ add, mul, constant }, { gradient, parameter }) => ({
    update: add(gradient, mul(parameter, constant(weightDecay))),
    states: {},
  })
  return elementwise({
    name: 'weightDecay',
    states: [],
    scalars: [],
    rule: (path, slot) => (weightDecay > 0 && select(path, slot) ? rule : undefined),
  })
}
