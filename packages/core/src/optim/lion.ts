/**
 * Lion (Chen et al., 2023): the sign of an interpolation between the gradient and its running mean.
 *
 * update = sign(b1 m + (1 - b1) g);  m = b2 m + (1 - b2) g
 */
import { elementwise, type Rule } from './elementwise.ts'
import type { ElementwiseMemory } from './memory.ts'
import type { Optimizer } from './optimizer.ts'
import { checkDecay, checkNames } from './options.ts'

/** Options of {@link scaleByLion}. */
export interface LionScaleOptions {
  /** The mean's share in the direction, and the share of itself that it keeps; [0.9, 0.99] by default, in [0, 1). */
  readonly betas?: readonly [direction: number, mean: number]
}

/** Gradients to -1, 0 or 1. State: `mean`. */
export function scaleByLion(options: LionScaleOptions = {}): Optimizer<ElementwiseMemory<Rule>> {
  checkNames('scaleByLion', options, ['betas'])
  const [beta1, beta2] = options.betas ?? [0.9, 0.99]
  checkDecay('betas[0]', beta1)
  checkDecay('betas[1]', beta2)

  const rule: Rule<'mean', never> = ({ add, mul, sign, constant }, { gradient, states }) => {
    const blend = (beta: number) =>
      add(mul(states.mean, constant(beta)), mul(gradient, constant(1 - beta)))
    return { update: sign(blend(beta1)), states: { mean: blend(beta2) } }
  }
  return elementwise({ name: 'lion', states: ['mean'], scalars: [], rule: () => rule })
}
