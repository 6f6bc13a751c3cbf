/**
 * Sees what every module of a model returns while a function runs: for diagnosis only, eagerly, outside `compile`.
 */
import { keep, type Tensor } from '@tensorflow/tfjs-core'
import { runEagerly } from '../compile-eager.ts'
import { Module, modules } from '../module.ts'
import type { Rng } from '../rng.ts'
import { tensorsOf } from '../tree.ts'
import { wrapMethod } from '../wrap-method.ts'

/** A named tensor to look at. */
export interface Witness {
  readonly what: string
  readonly tensor: Tensor
}

/**
 * Runs `fn` eagerly under the rules of a compiled step, host calls that must wait included, and sees what every module
 * below `root` returns. Writes to slots are dropped. The caller disposes of the witnesses and of the result.
 *
 * @param rng what `fn` draws from: the same as a compiled function that is given it
 * @param look what is kept of a float32 tensor, a copy by default; undefined passes it over
 */
export async function witnessed<R>(
  root: Module,
  rng: Rng,
  fn: (rng: Rng) => R,
  look?: (tensor: Tensor) => Tensor | undefined,
): Promise<{ readonly result: R; readonly witnesses: readonly Witness[] }> {
  const witnesses: Witness[] = []
  const forget = (): void => {
    for (const { tensor } of witnesses.splice(0)) tensor.dispose()
  }
  const run = (own: Rng): R => {
    // A host call that had to wait starts the function again.
    forget()
    const restore = watch(root, witnesses, look)
    try {
      return fn(own)
    } finally {
      restore()
    }
  }
  try {
    const { result, writes } = await runEagerly(run, [rng])
    for (const value of writes.values()) value.dispose()
    return { result, witnesses }
  } catch (error) {
    forget()
    throw error
  }
}

/**
 * Wraps the methods of every module below `root`, so that what `look` makes of the float32 tensors that they return is
 * kept in `witnesses`, in order; the caller disposes them.
 *
 * @param look a copy of the tensor by default; undefined passes it over
 * @returns what puts the methods back
 */
function watch(
  root: Module,
  witnesses: Witness[],
  look: (tensor: Tensor) => Tensor | undefined = (tensor) => tensor.clone(),
): () => void {
  const restores: (() => void)[] = []
  for (const [path, module] of modules(root)) {
    const where = path === '' ? module.constructor.name : `${path} (${module.constructor.name})`
    for (const name of methodNames(module)) {
      const see = (result: unknown): void => {
        for (const tensor of tensorsOf(result)) {
          if (tensor.dtype !== 'float32') continue
          const seen = look(tensor)
          if (seen === undefined) continue
          witnesses.push({ what: `the output of ${where}.${name}`, tensor: keep(seen) })
        }
      }
      restores.push(wrapMethod(module, name, see))
    }
  }
  return () => {
    for (const restore of restores) restore()
  }
}

/** The methods of its class and of those that it extends, down from Module. */
function methodNames(module: Module): ReadonlySet<string> {
  const names = new Set<string>()
  let prototype = Object.getPrototypeOf(module) as object
  while (prototype !== Module.prototype) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name)
      if (name !== 'constructor' && typeof descriptor?.value === 'function') names.add(name)
    }
    prototype = Object.getPrototypeOf(prototype) as object
  }
  return names
}
