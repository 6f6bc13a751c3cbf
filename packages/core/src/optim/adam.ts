/**
 * Adam (Kingma and Ba, 2015): the gradient's running mean over the root of its running square, both freed of bias.
 *
 * m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  update = m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon)
 */
import { elementwise, type Rule } from './elementwise.ts'
import type { ElementwiseMemory } from './memory.ts'
import type { Optimizer } from './optimizer.ts'
import { checkDecay, checkNames, checkPositive } from './options.ts'

/** Options of {@link scaleByAdam}. */
export interface AdamScaleOptions {
  /** The shares that the two averages keep at each step, in [0, 1); [0.9, 0.999] by default. */
  readonly betas?: readonly [first: number, second: number]
  /** Added to the root, outside of it as in PyTorch; 1e-8 by default. */
  readonly epsilon?: number
}

/** Gradients to Adam's directions, of size about one. States: `first`, `second`. */
export function scaleByAdam(options: AdamScaleOptions = {}): Optimizer<ElementwiseMemory<Rule>> {
  checkNames('scaleByAdam', options, ['betas', 'epsilon'])
  const { betas = [0.9, 0.999], epsilon = 1e-8 } = options
  const [beta1, beta2] = betas
  checkDecay('betas[0]', beta1)
  checkDecay('betas[1]', beta2)
  checkPositive('epsilon', epsilon)

  const rule: Rule<'first' | 'second', 'firstScale' | 'secondScale'> = (
    { add, mul, div, sqrt, constant },
    { gradient, states, scalars },
  ) => {
    const first = add(mul(states.first, constant(beta1)), mul(gradient, constant(1 - beta1)))
    const squared = mul(gradient, gradient)
    const second = add(mul(states.second, constant(beta2)), mul(squared, constant(1 - beta2)))
    const root = add(mul(sqrt(second), scalars.secondScale), constant(epsilon))
    return { update: div(mul(first, scalars.firstScale), root), states: { first, second } }
  }
  return elementwise({
    name: 'adam',
    states: ['first', 'second'],
    scalars: ['firstScale', 'secondScale'],
    at: (step) => ({
      firstScale: 1 / gathered(beta1, step + 1),
      secondScale: 1 / Math.sqrt(gathered(beta2, step + 1)),
    }),
    rule: () => rule,
  })
}

/** 1 - decay^steps without cancellation: the weight that an average has gathered. */
export function gathered(decay: number, steps: number): number {
  return -Math.expm1(steps * Math.log(decay))
}
