/**
 * Transformations that treat every number of a gradient alike: one definition over {@link Algebra}, run by tfjs
 * operations here (eager or traced into a graph) and as one loop in place by {@link fuse}.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { sqrt, square, stack, sum, zeros } from '@tensorflow/tfjs-core'
import { WinnowError } from '../error.ts'
import { type Parameter, State } from '../slot.ts'
import { type Algebra, tensorAlgebra } from './algebra.ts'
import { ElementwiseMemory } from './memory.ts'
import type { Named, Optimizer, UpdateContext } from './optimizer.ts'

/** What a rule computes from, element by element. */
export interface RuleInput<
  T,
  StateName extends string = string,
  ScalarName extends string = string,
> {
  /** What the transformations before gave. */
  readonly gradient: T
  /** The parameter before the update. */
  readonly parameter: T
  readonly states: Readonly<Record<StateName, T>>
  readonly scalars: Readonly<Record<ScalarName, T>>
  /** The Euclidean norm of all gradients that came together; only for transformations that ask for it. */
  readonly norm: T
}

/** What a rule gives: the transformed gradient and the States' new values. */
export interface RuleOutput<T, StateName extends string = string> {
  readonly update: T
  readonly states: Readonly<Record<StateName, T>>
}

/** One step for one number, in any arithmetic. */
export type Rule<StateName extends string = string, ScalarName extends string = string> = <T>(
  algebra: Algebra<T>,
  input: RuleInput<T, StateName, ScalarName>,
) => RuleOutput<T, StateName>

/** A rule with the names of what it reads. */
export interface Stage {
  readonly rule: Rule
  /** The States, by the rule's name for each: paths in the optimiser's memory, without the parameter's own path. */
  readonly states: Readonly<Record<string, string>>
  /** The scalars, by the rule's name for each: keys of {@link Optimizer.scalars}. */
  readonly scalars: Readonly<Record<string, string>>
  readonly needsNorm: boolean
}

/** How {@link elementwise} makes a transformation. */
export interface ElementwiseDefinition<StateName extends string, ScalarName extends string> {
  readonly name: string
  readonly states: readonly StateName[]
  /** The scalars' names, as `at` gives them. */
  readonly scalars: readonly ScalarName[]
  /** The scalars at a step, in float64. */
  at?(step: number): Readonly<Record<ScalarName, number>>
  /** The rule for a parameter, decided once; undefined where its gradient passes unchanged. */
  rule(path: string, parameter: Parameter): Rule<StateName, ScalarName> | undefined
  /** The first value of a State; zeros by default. */
  initial?(parameter: Parameter): Tensor
  readonly needsNorm?: boolean
}

/** A transformation from a rule. */
export function elementwise<StateName extends string = never, ScalarName extends string = never>(
  definition: ElementwiseDefinition<StateName, ScalarName>,
): Optimizer<ElementwiseMemory<Rule>> {
  const {
    name,
    needsNorm = false,
    initial = (parameter) => zeros([...parameter.shape]),
  } = definition
  const ruleFor = (path: string, parameter: Parameter): Rule | undefined =>
    // The names that a rule asks for are those declared beside it, which is all that a caller provides.
    definition.rule(path, parameter) as Rule | undefined

  return {
    name,

    create(parameters) {
      const rules = new Map<string, Rule | undefined>()
      const states: Record<string, Record<string, State>> = {}
      for (const state of definition.states) states[state] = {}
      for (const [path, parameter] of parameters) {
        const rule = ruleFor(path, parameter)
        rules.set(path, rule)
        if (rule === undefined) continue
        for (const record of Object.values(states)) record[path] = new State(initial(parameter))
      }
      return new ElementwiseMemory(name, states, rules)
    },

    scalars: (step) => definition.at?.(step) ?? {},

    update(gradients, memory, context) {
      const algebra = tensorAlgebra()
      const norm = needsNorm && gradients.size > 0 ? globalNorm(gradients) : undefined
      const updates = new Map<string, Tensor>()
      for (const [path, gradient] of gradients) {
        const rule = memory.rule(path)
        updates.set(path, rule === undefined ? gradient : runRule(rule, path, gradient, norm))
      }
      return updates

      function runRule(
        rule: Rule,
        path: string,
        gradient: Tensor,
        total: Tensor | undefined,
      ): Tensor {
        const states: Record<string, Tensor> = {}
        for (const state of definition.states) states[state] = memory.state(state, path).value
        const output = rule(algebra, {
          gradient,
          parameter: parameterOf(context, path),
          states,
          scalars: context.scalars,
          norm: total ?? gradient,
        })
        for (const state of definition.states)
          memory.state(state, path).assign(output.states[state] as Tensor)
        return output.update
      }
    },

    stages(path, parameter) {
      const rule = ruleFor(path, parameter)
      if (rule === undefined) return []
      return [
        { rule, states: same(definition.states), scalars: same(definition.scalars), needsNorm },
      ]
    },
  }
}

/** The Euclidean norm of all tensors together: a scalar. */
export function globalNorm(tensors: Named<Tensor>): Tensor {
  return sqrt(sum(stack([...tensors.values()].map((tensor) => sum(square(tensor))))))
}

function parameterOf(context: UpdateContext, path: string): Tensor {
  const parameter = context.parameters.get(path)
  if (parameter === undefined) {
    throw new WinnowError(`optimizer: a gradient came for '${path}', but no parameter of that name`)
  }
  return parameter
}

function same(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, name]))
}
