/**
 * Elementwise rules recorded as a straight line of operations, equal ones once: what a single loop computes per number.
 */
import { check } from '../error.ts'
import type { Algebra, BinaryName, UnaryName } from './algebra.ts'
import type { Stage } from './elementwise.ts'

/** One operation; `a` and `b` are indices of earlier ones. */
export type Operation =
  | { readonly name: 'array'; readonly index: number }
  | { readonly name: 'scalar'; readonly index: number }
  | { readonly name: 'constant'; readonly value: number }
  | { readonly name: UnaryName; readonly a: number }
  | { readonly name: BinaryName; readonly a: number; readonly b: number }

/** A recorded loop body over arrays of one length. */
export interface ElementwiseProgram {
  readonly operations: readonly Operation[]
  readonly arrays: number
  readonly scalars: number
  /** Which array is replaced by the result of which operation, after all have been read. */
  readonly results: readonly { readonly array: number; readonly operation: number }[]
}

/** The program of a whole update, and the names of what it reads. */
export interface UpdateProgram {
  /** Arrays: parameter, gradient, then the States named here. The gradient alone is not replaced. */
  readonly program: ElementwiseProgram
  /** The States' paths without the parameter's own. */
  readonly states: readonly string[]
  readonly scalars: readonly string[]
}

/** What stands for the norm of all gradients among the scalars. */
export const GLOBAL_NORM = 'globalNorm'

/** Records the rules one after another and the addition to the parameter; undefined where no loop can compute them. */
export function recordUpdate(stages: readonly Stage[]): UpdateProgram | undefined {
  // Only the norm of the gradients as they come is known before the loop.
  if (stages.some((stage, index) => stage.needsNorm && index > 0)) return undefined

  const recorder = new Recorder()
  const states: string[] = []
  const scalars: string[] = []
  const scalar = (name: string): number => {
    if (!scalars.includes(name)) scalars.push(name)
    return recorder.record({ name: 'scalar', index: scalars.indexOf(name) })
  }
  const results: { array: number; operation: number }[] = []
  const parameter = recorder.record({ name: 'array', index: 0 })
  let gradient = recorder.record({ name: 'array', index: 1 })

  for (const stage of stages) {
    const own: Record<string, number> = {}
    const arrays: Record<string, number> = {}
    for (const [key, path] of Object.entries(stage.states)) {
      const index = 2 + states.push(path) - 1
      arrays[key] = index
      own[key] = recorder.record({ name: 'array', index })
    }
    const numbers: Record<string, number> = {}
    for (const [key, name] of Object.entries(stage.scalars)) numbers[key] = scalar(name)
    const norm = stage.needsNorm ? scalar(GLOBAL_NORM) : gradient
    const output = stage.rule(recorder.algebra, {
      gradient,
      parameter,
      states: own,
      scalars: numbers,
      norm,
    })
    gradient = output.update
    for (const [key, array] of Object.entries(arrays)) {
      const operation = output.states[key]
      check(operation !== undefined, () => `fuse: a rule gives no new value of its State '${key}'`)
      results.push({ array, operation })
    }
  }
  results.push({ array: 0, operation: recorder.algebra.add(parameter, gradient) })
  const { operations } = recorder
  const program = { operations, arrays: 2 + states.length, scalars: scalars.length, results }
  return { program, states, scalars }
}

/** An algebra whose numbers are the indices of recorded operations. */
class Recorder {
  readonly operations: Operation[] = []
  readonly #known = new Map<string, number>()

  readonly algebra: Algebra<number> = {
    constant: (value) => this.record({ name: 'constant', value: Math.fround(value) }),
    add: (a, b) => this.record({ name: 'add', a, b }),
    sub: (a, b) => this.record({ name: 'sub', a, b }),
    mul: (a, b) => this.record({ name: 'mul', a, b }),
    div: (a, b) => this.record({ name: 'div', a, b }),
    max: (a, b) => this.record({ name: 'max', a, b }),
    min: (a, b) => this.record({ name: 'min', a, b }),
    sqrt: (a) => this.record({ name: 'sqrt', a }),
    abs: (a) => this.record({ name: 'abs', a }),
    sign: (a) => this.record({ name: 'sign', a }),
  }

  record(operation: Operation): number {
    const key = JSON.stringify(operation)
    let index = this.#known.get(key)
    if (index === undefined) {
      index = this.operations.push(operation) - 1
      this.#known.set(key, index)
    }
    return index
  }
}

/** Whether each operation is the same for every number: made of scalars and constants alone. */
export function uniformOperations({ operations }: ElementwiseProgram): boolean[] {
  const uniform: boolean[] = []
  for (const operation of operations) {
    if (operation.name === 'array') uniform.push(false)
    else if ('b' in operation) uniform.push(Boolean(uniform[operation.a] && uniform[operation.b]))
    else uniform.push('a' in operation ? Boolean(uniform[operation.a]) : true)
  }
  return uniform
}
