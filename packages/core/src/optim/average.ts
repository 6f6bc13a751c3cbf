/**
 * A running average of the parameters (Polyak and Juditsky, 1992; Ruppert, 1988), kept beside them for evaluation.
 *
 * average = d average + (1 - d) parameter, with d = (decay - decay^t) / (1 - decay^t): always an average of the
 * parameters seen, weighted as by `decay` and freed of bias. The first step's parameters replace the initial ones.
 */
import { add as plus } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import { type Module, modules } from '../module.ts'
import type { State } from '../slot.ts'
import { gathered } from './adam.ts'
import { elementwise, type Rule } from './elementwise.ts'
import { ElementwiseMemory } from './memory.ts'
import type { Named, Optimizer } from './optimizer.ts'
import { checkDecay, checkNames } from './options.ts'

const NAME = 'average'

/** Options of {@link averageParameters}. */
export interface AverageOptions {
  /** Counts the initial parameters as if they had been seen for ever, which decays slowly; false by default. */
  readonly warmStart?: boolean
}

/**
 * Keeps an average of the parameters; the updates pass unchanged. It must come last in its chain, after the learning
 * rate: `chain(adamW({ learningRate }), averageParameters(0.999))`. What an objective's `afterUpdate` does is not seen.
 *
 * @param decay the share that the average keeps at each step, in [0, 1)
 */
export function averageParameters(
  decay: number,
  options: AverageOptions = {},
): Optimizer<ElementwiseMemory<Rule>> {
  checkDecay('averageParameters: decay', decay)
  checkNames('averageParameters', options, ['warmStart'])
  const { warmStart = false } = options

  const rule: Rule<'parameters', 'weight'> = (
    { add, sub, mul },
    { gradient, parameter, states, scalars },
  ) => {
    const change = sub(add(parameter, gradient), states.parameters)
    return {
      update: gradient,
      states: { parameters: add(states.parameters, mul(change, scalars.weight)) },
    }
  }
  return elementwise({
    name: NAME,
    states: ['parameters'],
    scalars: ['weight'],
    at: (step) => ({ weight: (1 - decay) / (warmStart ? 1 : gathered(decay, step + 1)) }),
    // An addition, since a clone shares memory that may be updated in place.
    initial: (parameter) => plus(parameter.value, 0),
    rule: () => rule,
  })
}

/**
 * The averages that an optimiser's memory keeps, by parameter path; before the first step, the initial parameters.
 * To evaluate with them: `functionalCall(model, new Map([...averages].map(([path, s]) => [path, s.value])), ...)`.
 *
 * @throws WinnowError when the optimiser keeps none
 */
export function averagedParameters(memory: Module): Named<State> {
  const found = new Map<string, State>()
  for (const part of modules(memory).values()) {
    if (!(part instanceof ElementwiseMemory) || part.transformation !== NAME) continue
    for (const [path, state] of Object.entries(part.record('parameters'))) found.set(path, state)
  }
  check(found.size > 0, () => 'averagedParameters: this optimizer has no averageParameters in it')
  return found
}
