/**
 * The sizes of steps: a learning rate for all, factors for each.
 */
import { check } from '../error.ts'
import type { Parameter } from '../slot.ts'
import { elementwise, type Rule } from './elementwise.ts'
import type { ElementwiseMemory } from './memory.ts'
import type { Optimizer } from './optimizer.ts'
import { checkNonNegative } from './options.ts'
import { type Schedule, toSchedule } from './schedule.ts'

/**
 * Multiplies by `-learningRate`, so that adding the update descends. Scalar: `learningRate.rate`.
 *
 * @throws WinnowError for a rate that is negative or not finite; a schedule's, at the step where it is
 */
export function scaleByLearningRate(
  learningRate: number | Schedule,
): Optimizer<ElementwiseMemory<Rule>> {
  const schedule = toSchedule('learningRate', learningRate)
  const rule: Rule<never, 'rate'> = ({ mul, sub, constant }, { gradient, scalars }) => ({
    update: mul(gradient, sub(constant(0), scalars.rate)),
    states: {},
  })
  return elementwise({
    name: 'learningRate',
    states: [],
    scalars: ['rate'],
    at(step) {
      const rate = schedule(step)
      checkNonNegative(`learningRate at step ${step}`, rate)
      return { rate }
    },
    rule: () => rule,
  })
}

/**
 * Multiplies each parameter's gradient by a factor of its own, for instance to decay the learning rate layer by layer.
 *
 * @throws WinnowError in `create` for a factor that is not finite
 */
export function scaleBy(
  factor: (path: string, parameter: Parameter) => number,
): Optimizer<ElementwiseMemory<Rule>> {
  return elementwise({
    name: 'scale',
    states: [],
    scalars: [],
    rule(path, parameter) {
      const value = factor(path, parameter)
      check(
        Number.isFinite(value),
        () => `scaleBy: ${value} came for '${path}', expected a finite number`,
      )
      if (value === 1) return undefined
      return ({ mul, constant }, { gradient }) => ({
        update: mul(gradient, constant(value)),
        states: {},
      })
    },
  })
}
