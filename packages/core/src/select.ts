/**
 * Selectors choose parameters by name: what trains, what is decayed, what is saved.
 */
import { check } from './error.ts'
import { type Module, type Selector, slots } from './module.ts'
import type { Slot } from './slot.ts'

/** Those whose path is one of `paths` or lies below one: `only('decoder', 'encoder.blocks.0')`. `*` stands for one name. */
export function only(...paths: readonly string[]): Selector {
  check(paths.length > 0, () => 'only: no path came, expected at least one')
  const patterns = paths.map((path) => path.split('.'))
  return (path) => {
    const names = path.split('.')
    return patterns.some((pattern) => pattern.every((name, i) => name === '*' || name === names[i]))
  }
}

/** Those that `selector` does not choose. */
export function not(selector: Selector): Selector {
  return (path, slot) => !selector(path, slot)
}

/** All but the slots of these modules: what trains while they stay as they are. */
export function frozen(...parts: readonly Module[]): Selector {
  const held = new Set<Slot>()
  for (const part of parts) for (const { slot } of slots(part).values()) held.add(slot)
  return (_, slot) => !held.has(slot)
}

/** Those that every selector chooses. */
export function both(...selectors: readonly Selector[]): Selector {
  return (path, slot) => selectors.every((selector) => selector(path, slot))
}
