/**
 * Momentum (Polyak, 1964; Nesterov, 1983; in the form of Sutskever et al., 2013, as PyTorch has it).
 *
 * v = decay v + g;  update = v, or g + decay v with Nesterov's look ahead
 */
import { elementwise, type Rule } from './elementwise.ts'
import type { ElementwiseMemory } from './memory.ts'
import type { Optimizer } from './optimizer.ts'
import { checkDecay, checkNames } from './options.ts'

/** Options of {@link momentum}. */
export interface MomentumOptions {
  /** The share of the velocity that is kept at each step, in [0, 1); 0.9 by default. */
  readonly decay?: number
  readonly nesterov?: boolean
}

/** Gradients to velocities. State: `velocity`. optax calls it `trace`. */
export function momentum(options: MomentumOptions = {}): Optimizer<ElementwiseMemory<Rule>> {
  checkNames('momentum', options, ['decay', 'nesterov'])
  const { decay = 0.9, nesterov = false } = options
  checkDecay('momentum', decay)

  const rule: Rule<'velocity', never> = ({ add, mul, constant }, { gradient, states }) => {
    const velocity = add(mul(states.velocity, constant(decay)), gradient)
    const update = nesterov ? add(gradient, mul(velocity, constant(decay))) : velocity
    return { update, states: { velocity } }
  }
  return elementwise({ name: 'momentum', states: ['velocity'], scalars: [], rule: () => rule })
}
