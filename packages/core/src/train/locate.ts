/**
 * Says where a loss stopped being finite: the step is replayed eagerly, and the batch, the parameters, what each
 * module returned and the gradients are looked through in the order of the computation.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { keep } from '@tensorflow/tfjs-core'
import { type Module, modules, parameters, slots } from '../module.ts'
import { tensorsOf } from '../tree.ts'

/** A named tensor to look at. */
interface Witness {
  readonly what: string
  readonly tensor: Tensor
}

/**
 * The first non-finite tensor, in words, e.g. `the output of encoder.layers.2 (Linear.forward), 12 of 2560 values`;
 * undefined when all are finite.
 *
 * @param replay runs the step's loss and returns the gradients by parameter name
 */
export async function locateNonFinite(
  module: Module,
  batch: unknown,
  replay: () => ReadonlyMap<string, Tensor>,
): Promise<string | undefined> {
  const inputs = [
    ...tensorsOf(batch).map((tensor, i) => ({
      what: i === 0 ? 'the batch' : `the batch (tensor ${i})`,
      tensor,
    })),
    ...[...slots(module).values()].map(({ path, slot }) => ({ what: path, tensor: slot.value })),
  ]
  const early = await firstNonFinite(inputs)
  if (early !== undefined) return early

  const witnesses: Witness[] = []
  const restore = watch(module, witnesses)
  let gradients: ReadonlyMap<string, Tensor>
  try {
    gradients = replay()
  } finally {
    restore()
  }
  const named = [...gradients].map(([path, tensor]) => ({
    what: `the gradient of ${path}`,
    tensor,
  }))
  const found = await firstNonFinite([...witnesses, ...named])
  for (const { tensor } of [...witnesses, ...named]) if (!tensor.isDisposed) tensor.dispose()
  return found
}

/** Wraps the methods of every module below `root` so that the tensors they return are kept and named. */
function watch(root: Module, witnesses: Witness[]): () => void {
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
          witnesses.push({ what: `the output of ${where}.${name}`, tensor: keep(tensor.clone()) })
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

async function firstNonFinite(witnesses: readonly Witness[]): Promise<string | undefined> {
  for (const { what, tensor } of witnesses) {
    if (tensor.dtype !== 'float32') continue
    // Read and tested on the host: what a GPU makes of a NaN is its own affair.
    const values = await tensor.data()
    let bad = 0
    for (const value of values) if (!Number.isFinite(value)) bad++
    if (bad > 0) return `${what}, ${bad} of ${values.length} values`
  }
  return undefined
}

/** Parameters by name as tensors: what a replay differentiates by. */
export function parameterTensors(module: Module): ReadonlyMap<string, Tensor> {
  return new Map([...parameters(module)].map(([path, parameter]) => [path, parameter.value]))
}
