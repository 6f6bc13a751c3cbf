/**
 * What optimisers remember: a Module of records of States by parameter name, and of the memories of a chain's parts.
 *
 * Paths read `adam.first.encoder.weight`: the part, the State's name, the parameter's path.
 */
import { check } from '../error.ts'
import { Module } from '../module.ts'
import type { State } from '../slot.ts'

/** The memory of a transformation that composes others: theirs, by name. */
export class CompositeMemory extends Module {
  readonly #parts: Readonly<Record<string, Module>>

  constructor(parts: Readonly<Record<string, Module>>) {
    super()
    this.#parts = parts
    Object.assign(this, parts)
  }

  /** The memory of the part called `name`. */
  part(name: string): Module {
    const part = this.#parts[name]
    check(
      part !== undefined,
      () => `optimizer: the memory has no part '${name}'; was it made by this optimizer?`,
    )
    return part
  }
}

/** The memory of an elementwise transformation: for each of its States' names, the States by parameter name. */
export class ElementwiseMemory<Rule = unknown> extends Module {
  readonly #name: string
  readonly #states: Readonly<Record<string, Readonly<Record<string, State>>>>
  readonly #rules: ReadonlyMap<string, Rule | undefined>

  constructor(
    name: string,
    states: Readonly<Record<string, Readonly<Record<string, State>>>>,
    rules: ReadonlyMap<string, Rule | undefined>,
  ) {
    super()
    this.#name = name
    this.#states = states
    this.#rules = rules
    Object.assign(this, states)
  }

  /** The transformation's name. */
  get transformation(): string {
    return this.#name
  }

  /** The rule for the parameter `path`, fixed when the memory was made; undefined where gradients pass unchanged. */
  rule(path: string): Rule | undefined {
    check(
      this.#rules.has(path),
      () =>
        `optimizer: a gradient came for '${path}', for which the memory of '${this.#name}' was not made`,
    )
    return this.#rules.get(path)
  }

  /** The State called `name` of the parameter `path`. */
  state(name: string, path: string): State {
    const state = this.#states[name]?.[path]
    check(state !== undefined, () => `optimizer: '${this.#name}' has no State ${name} of '${path}'`)
    return state
  }

  /** The States called `name` by parameter path. */
  record(name: string): Readonly<Record<string, State>> {
    return this.#states[name] ?? {}
  }
}

/** Names made distinct: the second `adam` is `adam2`. */
export function distinctNames(names: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? name : `${name}${count}`
  })
}

/** The entries whose keys begin with `prefix` and a dot, without these. */
export function withoutPrefix<T>(
  record: Readonly<Record<string, T>>,
  prefix: string,
): Record<string, T> {
  const start = `${prefix}.`
  const own: Record<string, T> = {}
  for (const [key, value] of Object.entries(record)) {
    if (key.startsWith(start)) own[key.slice(start.length)] = value
  }
  return own
}
