/**
 * Trees of values: tensors in arrays and records, as compiled functions take and return them.
 */
import { Tensor } from '@tensorflow/tfjs-core'
import { WinnowError } from './error.ts'
import { Module, visit } from './module.ts'
import { Rng } from './rng.ts'
import { Slot } from './slot.ts'

/** Replaces every tensor and generator of a tree, in a fixed order; arrays and records are copied. */
export function mapTree(tree: unknown, replace: (leaf: Tensor | Rng) => unknown): unknown {
  if (tree instanceof Tensor || tree instanceof Rng) return replace(tree)
  if (Array.isArray(tree)) return tree.map((item) => mapTree(item, replace))
  if (tree instanceof Map) return new Map([...tree].map(([k, item]) => [k, mapTree(item, replace)]))
  if (isRecord(tree)) {
    return Object.fromEntries(
      Object.entries(tree).map(([key, item]) => [key, mapTree(item, replace)]),
    )
  }
  return tree
}

/** The tensors of a tree, in the order of {@link mapTree}. */
export function tensorsOf(tree: unknown): Tensor[] {
  const found: Tensor[] = []
  mapTree(tree, (leaf) => {
    if (leaf instanceof Tensor) found.push(leaf)
    return leaf
  })
  return found
}

/** Everything about the arguments of a compiled function that its trace depends on, as a string. */
export function signatureOf(tree: unknown): string {
  if (tree instanceof Tensor) return `${tree.dtype}[${tree.shape}]`
  if (tree instanceof Rng) return 'rng'
  if (tree instanceof Module) return moduleSignature(tree)
  if (tree instanceof Slot) return `slot${identity(tree)}`
  if (tree instanceof Map)
    return `map(${[...tree].map(([k, v]) => `${k}:${signatureOf(v)}`).join()})`
  if (Array.isArray(tree)) return `[${tree.map(signatureOf).join()}]`
  if (isRecord(tree)) {
    return `{${Object.entries(tree)
      .map(([key, item]) => `${key}:${signatureOf(item)}`)
      .join()}}`
  }
  if (typeof tree === 'function') return `function${identity(tree)}`
  if (typeof tree === 'object' && tree !== null) return `object${identity(tree)}`
  if (typeof tree === 'symbol')
    throw new WinnowError('compile: a symbol came as an argument or field')
  return typeof tree === 'string' ? JSON.stringify(tree) : String(tree)
}

/** The plain fields of a module and of all below it: when one changes, the function is traced anew. */
function moduleSignature(module: Module): string {
  const parts = [`module${identity(module)}`]
  visit(module, (path, value) => {
    if (
      value instanceof Module ||
      (typeof value === 'object' && value !== null && isContainer(value))
    )
      return
    parts.push(`${path}=${signatureOf(value)}`)
  })
  return parts.join(';')
}

function isContainer(value: object): boolean {
  return Array.isArray(value) || isRecord(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const identities = new WeakMap<object, number>()
let identityCount = 0

function identity(value: object): number {
  let known = identities.get(value)
  if (known === undefined) {
    known = ++identityCount
    identities.set(value, known)
  }
  return known
}
