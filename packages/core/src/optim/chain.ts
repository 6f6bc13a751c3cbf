/**
 * Transformations one after another, and different ones for different parameters.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { check } from '../error.ts'
import type { Module, Selector } from '../module.ts'
import type { Parameter } from '../slot.ts'
import type { Stage } from './elementwise.ts'
import { CompositeMemory, distinctNames, withoutPrefix } from './memory.ts'
import type { Named, Optimizer } from './optimizer.ts'

/** Runs each transformation on what the one before gave. The order of `chain(clip, adam, decay, learningRate)` counts. */
export function chain(...transformations: readonly Optimizer[]): Optimizer<CompositeMemory> {
  check(transformations.length > 0, () => 'chain: no transformation came, expected at least one')
  const parts = nameParts(transformations)
  return {
    name: 'chain',

    create: (parameters) =>
      new CompositeMemory(
        Object.fromEntries(parts.map(([name, part]) => [name, part.create(parameters)])),
      ),

    scalars: (step) => collectScalars(parts, step),

    update(gradients, memory, context) {
      let updates = gradients
      for (const [name, part] of parts) {
        const scalars = withoutPrefix(context.scalars, name)
        updates = part.update(updates, memory.part(name), { ...context, scalars })
      }
      return updates
    },

    stages(path, parameter) {
      const all: Stage[] = []
      for (const [name, part] of parts) {
        const own = part.stages?.(path, parameter)
        if (own === undefined) return undefined
        all.push(...own.map((stage) => prefixed(stage, name)))
      }
      return all
    },
  }
}

/** Gives a composed optimiser a name of its own, under which it appears in paths. */
export function named<M extends Module>(name: string, optimizer: Optimizer<M>): Optimizer<M> {
  return { ...optimizer, name }
}

/** One group of {@link partition}. */
export interface PartitionGroup {
  /** Which parameters; all that no group before took, by default. */
  readonly select?: Selector
  readonly use: Optimizer
}

/**
 * Different transformations for different parameters: each parameter goes to the first group that selects it.
 *
 * @example partition([{ select: only('encoder'), use: sgd({ learningRate: 0.1 }) }, { use: adam({ learningRate: 1e-3 }) }])
 * @throws WinnowError in `create` for a parameter that no group selects
 */
export function partition(groups: readonly PartitionGroup[]): Optimizer<CompositeMemory> {
  check(groups.length > 0, () => 'partition: no group came, expected at least one')
  const parts = nameParts(groups.map((group) => group.use))
  const assignments = new WeakMap<CompositeMemory, ReadonlyMap<string, number>>()

  const groupOf = (path: string, parameter: Parameter): number => {
    const index = groups.findIndex(({ select }) => select === undefined || select(path, parameter))
    check(
      index >= 0,
      () => `partition: no group selects the parameter '${path}'; let the last have no selector`,
    )
    return index
  }

  return {
    name: 'partition',

    create(parameters) {
      const assignment = new Map([...parameters].map(([path, slot]) => [path, groupOf(path, slot)]))
      const memories = parts.map(([name, part], index) => {
        const own = new Map([...parameters].filter(([path]) => assignment.get(path) === index))
        return [name, part.create(own)] as const
      })
      const memory = new CompositeMemory(Object.fromEntries(memories))
      assignments.set(memory, assignment)
      return memory
    },

    scalars: (step) => collectScalars(parts, step),

    update(gradients, memory, context) {
      const assignment = assignments.get(memory)
      check(assignment !== undefined, () => 'partition: this memory was not made by this optimizer')
      const updates = new Map<string, Tensor>()
      for (const [index, [name, part]] of parts.entries()) {
        const own = new Map([...gradients].filter(([path]) => assignment.get(path) === index))
        if (own.size === 0) continue
        const scalars = withoutPrefix(context.scalars, name)
        for (const [path, update] of part.update(own, memory.part(name), { ...context, scalars })) {
          updates.set(path, update)
        }
      }
      return inOrder(gradients, updates)
    },

    stages(path, parameter) {
      const [name, part] = parts[groupOf(path, parameter)] as Part
      const own = part.stages?.(path, parameter)
      // A norm in here is the group's alone, which a single pass over one parameter cannot know.
      if (own === undefined || own.some((stage) => stage.needsNorm)) return undefined
      return own.map((stage) => prefixed(stage, name))
    },
  }
}

type Part = readonly [name: string, part: Optimizer]

function nameParts(transformations: readonly Optimizer[]): Part[] {
  const names = distinctNames(transformations.map(({ name = 'part' }) => name))
  return transformations.map((part, index) => [names[index] as string, part])
}

function collectScalars(parts: readonly Part[], step: number): Record<string, number> {
  const all: Record<string, number> = {}
  for (const [name, part] of parts) {
    for (const [key, value] of Object.entries(part.scalars(step))) all[`${name}.${key}`] = value
  }
  return all
}

function prefixed(stage: Stage, name: string): Stage {
  const prefix = (names: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(names).map(([key, value]) => [key, `${name}.${value}`]))
  return { ...stage, states: prefix(stage.states), scalars: prefix(stage.scalars) }
}

function inOrder(gradients: Named<Tensor>, updates: Named<Tensor>): Map<string, Tensor> {
  const ordered = new Map<string, Tensor>()
  for (const path of gradients.keys()) {
    const update = updates.get(path)
    check(
      update !== undefined,
      () => `partition: a gradient came for '${path}', for which the memory was not made`,
    )
    ordered.set(path, update)
  }
  return ordered
}
