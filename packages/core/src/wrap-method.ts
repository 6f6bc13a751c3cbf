/**
 * Looks at what a method of a module returns, by a wrapper on the one module that hides the class's own method.
 */
import type { Module } from './module.ts'

/**
 * Shows `see` every result of the module's method `name`; what it throws goes through the method's caller.
 * @returns what puts the method back
 */
export function wrapMethod(
  module: Module,
  name: string,
  see: (result: unknown) => void,
): () => void {
  const method = Reflect.get(module, name) as (...args: unknown[]) => unknown
  const wrapped = function (this: Module, ...args: unknown[]): unknown {
    const result = method.apply(this, args)
    see(result)
    return result
  }
  // Not enumerable: plain fields would join the signature of a compiled function.
  Object.defineProperty(module, name, { value: wrapped, configurable: true, enumerable: false })
  return () => {
    Reflect.deleteProperty(module, name)
  }
}
