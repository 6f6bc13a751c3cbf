/**
 * A model is a Module: a plain class whose fields are Parameters, States, other modules, or arrays and records of these.
 *
 * Names are paths (`encoder.blocks.0.weight`). A slot or module reached twice is one, with an alias. What trains is
 * chosen by selectors, never by class.
 */
import { Parameter, Slot, State } from './slot.ts'

/** The base class of models, layers and optimiser memories. Whoever makes one disposes it. */
export abstract class Module implements Disposable {
  /** Disposes every tensor of the module and of what it holds. */
  dispose(): void {
    for (const { slot } of slots(this).values()) slot.dispose()
  }

  /** The same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose()
  }
}

/** A slot with its name: the path by which it was reached first, and the other paths that lead to it. */
export interface NamedSlot<S extends Slot = Slot> {
  readonly path: string
  readonly aliases: readonly string[]
  readonly slot: S
}

/** Chooses slots by name. */
export type Selector = (path: string, slot: Slot) => boolean

/** Every Parameter and State of a module by path, in order of declaration. */
export function slots(module: Module): ReadonlyMap<string, NamedSlot> {
  const found = new Map<Slot, { path: string; aliases: string[]; slot: Slot }>()
  visit(module, (path, value) => {
    if (!(value instanceof Slot)) return
    const known = found.get(value)
    if (known === undefined) found.set(value, { path, aliases: [], slot: value })
    else known.aliases.push(path)
  })
  return new Map([...found.values()].map((named) => [named.path, named]))
}

/** The Parameters of a module by path, those that `selector` chooses. */
export function parameters(
  module: Module,
  selector: Selector = () => true,
): Map<string, Parameter> {
  return pick(module, selector, (slot): slot is Parameter => slot instanceof Parameter)
}

/** The States of a module by path, those that `selector` chooses. */
export function states(module: Module, selector: Selector = () => true): Map<string, State> {
  return pick(module, selector, (slot): slot is State => slot instanceof State)
}

/** Every module below (and with) `module` by path; its own path is the empty string. */
export function modules(module: Module): Map<string, Module> {
  const found = new Map<Module, string>()
  visit(module, (path, value) => {
    if (value instanceof Module && !found.has(value)) found.set(value, path)
  })
  return new Map([...found].map(([value, path]) => [path, value]))
}

/** How many numbers the parameters of a module hold. */
export function parameterCount(module: Module): number {
  let count = 0
  for (const { shape } of parameters(module).values()) count += shape.reduce((a, b) => a * b, 1)
  return count
}

/**
 * Walks the fields of a module in order of declaration. Modules, slots and plain fields are all handed to `see`;
 * a module that holds itself, directly or not, is not entered again.
 */
export function visit(module: Module, see: (path: string, value: unknown) => void): void {
  const open = new Set<object>()
  const enter = (path: string, value: unknown): void => {
    see(path, value)
    if (typeof value !== 'object' || value === null || open.has(value)) return
    if (!(value instanceof Module) && !Array.isArray(value) && !isRecord(value)) return
    open.add(value)
    for (const [key, field] of Object.entries(value))
      enter(path === '' ? key : `${path}.${key}`, field)
    open.delete(value)
  }
  enter('', module)
}

function isRecord(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function pick<S extends Slot>(
  module: Module,
  selector: Selector,
  isKind: (slot: Slot) => slot is S,
): Map<string, S> {
  const chosen = new Map<string, S>()
  for (const { path, slot } of slots(module).values()) {
    if (isKind(slot) && selector(path, slot)) chosen.set(path, slot)
  }
  return chosen
}
