/**
 * Sees what every module of a model returns while a function runs: for diagnosis only, eagerly, outside `compile`.
 */
import { keep, type Tensor } from '@tensorflow/tfjs-core'
import { type Module, modules } from '../module.ts'
import { tensorsOf } from '../tree.ts'

/** A named tensor to look at. */
export interface Witness {
  readonly what: string
  readonly tensor: Tensor
}

/**
 * Wraps the methods of every module below `root`, so that what `look` makes of the float32 tensors that they return is
 * kept in `witnesses`, in order; the caller disposes them.
 *
 * @param look a copy of the tensor by default; undefined passes it over
 * @returns what puts the methods back
 */
export function watch(
  root: Module,
  witnesses: Witness[],
  look: (tensor: Tensor) => Tensor | undefined = (tensor) => tensor.clone(),
): () => void {
  const restores: (() => void)[] = []
  for (const [path, module] of modules(root)) {
    const prototype = Object.getPrototypeOf(module) as object
    for (const name of methodNames(prototype)) {
      const method = Reflect.get(module, name) as (...args: unknown[]) => unknown
      const wrapped = function (this: Module, ...args: unknown[]): unknown {
        const result = method.apply(this, args)
        for (const tensor of tensorsOf(result)) {
          if (tensor.dtype !== 'float32') continue
          const where =
            path === '' ? module.constructor.name : `${path} (${module.constructor.name})`
          const seen = look(tensor)
          if (seen === undefined) continue
          witnesses.push({ what: `the output of ${where}.${name}`, tensor: keep(seen) })
        }
        return result
      }
      Object.defineProperty(module, name, { value: wrapped, configurable: true, enumerable: false })
      restores.push(() => Reflect.deleteProperty(module, name))
    }
  }
  return () => {
    for (const restore of restores) restore()
  }
}

function methodNames(prototype: object): string[] {
  return Object.getOwnPropertyNames(prototype).filter((name) => {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name)
    return name !== 'constructor' && typeof descriptor?.value === 'function'
  })
}
