/**
 * Clipping of gradients: by the norm of all together (Pascanu, Mikolov and Bengio, 2013), or number by number.
 */
import { elementwise, type Rule } from './elementwise.ts'
import type { ElementwiseMemory } from './memory.ts'
import type { Optimizer } from './optimizer.ts'
import { checkPositive } from './options.ts'

/** Scales all gradients by `norm / max(norm, their norm)`: longer ones come to length `norm`, shorter ones stay. */
export function clipByGlobalNorm(norm: number): Optimizer<ElementwiseMemory<Rule>> {
  checkPositive('clipByGlobalNorm: norm', norm)
  const rule: Rule<never, never> = ({ mul, div, max, constant }, input) => ({
    update: mul(input.gradient, div(constant(norm), max(input.norm, constant(norm)))),
    states: {},
  })
  return elementwise({ name: 'clip', states: [], scalars: [], needsNorm: true, rule: () => rule })
}

/** Brings every number of the gradients into [-limit, limit]. */
export function clipByValue(limit: number): Optimizer<ElementwiseMemory<Rule>> {
  checkPositive('clipByValue: limit', limit)
  const rule: Rule<never, never> = ({ min, max, constant }, { gradient }) => ({
    update: max(min(gradient, constant(limit)), constant(-limit)),
    states: {},
  })
  return elementwise({ name: 'clip', states: [], scalars: [], rule: () => rule })
}
