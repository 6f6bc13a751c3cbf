/**
 * Where activations come from: the output of a module inside a model, a node of a tfjs GraphModel, or a function.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { clone, keep, Tensor as TfTensor, tidy } from '@tensorflow/tfjs-core'
import { prepareBackend } from '../backend/prepare.ts'
import { compile } from '../compile.ts'
import { check, unknownName, WinnowError } from '../error.ts'
import { Module, visit } from '../module.ts'
import { tensorsOf } from '../tree.ts'
import { wrapMethod } from '../wrap-method.ts'

/** The fields of a batch as tensors, `inputs` among them. */
export type BatchFields = Readonly<Record<string, Tensor>>

/** What a tfjs GraphModel has, as far as it is needed. */
export interface GraphModelLike {
  /** Where there are several, each is given the field of the batch with its name, and the one without a field `inputs`. */
  readonly inputs?: readonly { readonly name: string }[]
  /** Runs the graph as far as `outputs`, by the names of its nodes. */
  execute(inputs: never, outputs?: string | string[]): Tensor | Tensor[]
}

/** A Winnow module, a tfjs GraphModel, or a function `inputs [batch, ...] -> [batch, ..., width]`. */
export type ActivationModel =
  | Module
  | GraphModelLike
  | ((inputs: Tensor, fields: BatchFields) => Tensor)

/** How a model is run. */
export interface SourceOptions {
  readonly at: string
  readonly run?: ((inputs: Tensor, fields: BatchFields) => unknown) | undefined
  readonly modules?: readonly Module[] | undefined
}

/** Gives activations `[batch, ..., width]`, which belong to the caller. */
export interface ActivationSource extends Disposable {
  (fields: BatchFields): Promise<Tensor>
}

/** @throws WinnowError when `at` is missing or leads nowhere, or the model cannot be run */
export function activationSource(model: ActivationModel, options: SourceOptions): ActivationSource {
  const { at, run, modules = [] } = options
  if (model instanceof Module) {
    const watched = outputAt(model, at, run ?? ownRun(model))
    return compile(watched, { modules: [model, ...modules] })
  }
  if (typeof model === 'function') {
    check(at === '', () => `collectActivations: at: '${at}' came for a function, expected none`)
    return compile(
      (fields: BatchFields) => checked(model(fields['inputs'] as Tensor, fields), at),
      {
        modules,
      },
    )
  }
  check(
    typeof model?.execute === 'function',
    () =>
      `collectActivations: model: ${typeof model} came, expected a module, a tfjs GraphModel or a function`,
  )
  return graphSource(model, at)
}

/** `forward`, or `features` where there is none. */
function ownRun(model: Module): (inputs: Tensor) => unknown {
  for (const name of ['forward', 'features']) {
    const method: unknown = Reflect.get(model, name)
    if (typeof method === 'function') return (inputs) => method.call(model, inputs)
  }
  throw new WinnowError(
    `collectActivations: model: ${model.constructor.name} has no method 'forward' or 'features'; say how to run it by run: (inputs) => ...`,
  )
}

/** Thrown through a model to leave it once its module's output is there: what would follow is for nothing. */
class Caught {}

function outputAt(
  model: Module,
  at: string,
  run: (inputs: Tensor, fields: BatchFields) => unknown,
): (fields: BatchFields) => Tensor {
  const { module, path, rest } = moduleAt(model, at)
  check(
    typeof Reflect.get(module, 'forward') === 'function' || module === model,
    () =>
      `collectActivations: at: '${path}' is a ${module.constructor.name}, which has no 'forward'`,
  )
  return (fields) => {
    const inputs = fields['inputs'] as Tensor
    if (module === model) return checked(within(run(inputs, fields), rest, at, model), at)
    let held: Tensor | undefined
    const restore = wrapMethod(module, 'forward', (result) => {
      // Kept: a tidy inside the model would end it.
      held = keep(clone(checked(within(result, rest, at, model), at)))
      throw new Caught()
    })
    try {
      run(inputs, fields)
    } catch (thrown) {
      if (!(thrown instanceof Caught)) throw thrown
    } finally {
      restore()
    }
    check(
      held !== undefined,
      () => `collectActivations: at: '${path}' did not run when ${model.constructor.name} did`,
    )
    const output = clone(held)
    held.dispose()
    return output
  }
}

/** The module at the longest beginning of a path that leads to one, and the rest of the way. */
function moduleAt(
  model: Module,
  at: string,
): { readonly module: Module; readonly path: string; readonly rest: readonly string[] } {
  const found = new Map<string, Module>()
  visit(model, (path, value) => {
    if (value instanceof Module && !found.has(path)) found.set(path, value)
  })
  const names = at === '' ? [] : at.split('.')
  for (let length = names.length; length >= 0; length--) {
    const path = names.slice(0, length).join('.')
    const module = found.get(path)
    if (module !== undefined) return { module, path, rest: names.slice(length) }
  }
  throw unknownName('collectActivations: at', at, found.keys())
}

/** What a way of names leads to in what a module returned. */
function within(result: unknown, rest: readonly string[], at: string, model: Module): unknown {
  let value = result
  for (const name of rest) {
    const inside = typeof value === 'object' && value !== null && !(value instanceof TfTensor)
    const next: unknown = inside ? Reflect.get(value as object, name) : undefined
    if (next === undefined) {
      const paths: string[] = []
      visit(model, (path, found) => {
        if (found instanceof Module && path !== '') paths.push(path)
      })
      const keys = inside ? Object.keys(value as object) : []
      throw unknownName('collectActivations: at', at, [...paths, ...keys])
    }
    value = next
  }
  return value
}

/** @throws WinnowError unless it is one float32 tensor with a last axis */
function checked(value: unknown, at: string): Tensor {
  const where = at === '' ? 'the output' : `the output at '${at}'`
  check(
    value instanceof TfTensor,
    () =>
      `collectActivations: ${where} is ${tensorsOf(value).length} tensors in a ${typeof value}, expected one tensor; go on to it by name, as in at: '${at === '' ? 'tokens' : `${at}.tokens`}'`,
  )
  check(
    value.dtype === 'float32' && value.rank >= 2,
    () =>
      `collectActivations: ${where} is a ${value.dtype} tensor of shape [${value.shape}], expected float32 [batch, ..., width]`,
  )
  return value
}

/** Not compiled: a GraphModel reads constants on its way, which a trace has not. */
function graphSource(model: GraphModelLike, at: string): ActivationSource {
  check(at !== '', () => 'collectActivations: at: no node came, expected the name of one')
  const source = async (fields: BatchFields): Promise<Tensor> => {
    prepareBackend()
    return tidy(() => {
      const output = model.execute(graphInputs(model, fields) as never, at)
      const [first] = tensorsOf(output)
      check(
        first !== undefined,
        () => `collectActivations: at: the graph gave no tensor for the node '${at}'`,
      )
      // The model may give out a tensor of its own.
      return clone(checked(first, at))
    })
  }
  return Object.assign(source, { [Symbol.dispose]: () => undefined })
}

/** A tensor, or the tensors by the names of the graph's inputs. */
function graphInputs(
  { inputs: nodes = [] }: GraphModelLike,
  fields: BatchFields,
): Tensor | Record<string, Tensor> {
  const inputs = fields['inputs'] as Tensor
  if (nodes.length <= 1) return inputs
  const fieldOf = (name: string): Tensor | undefined => fields[name.replace(/:0$/, '')]
  const without = nodes.filter(({ name }) => fieldOf(name) === undefined)
  check(
    without.length <= 1,
    () =>
      `collectActivations: data: no fields for the graph's inputs ${without.map(({ name }) => name).join(', ')}; ` +
      `it has ${Object.keys(fields).join(', ')}`,
  )
  return Object.fromEntries(nodes.map(({ name }) => [name, fieldOf(name) ?? inputs]))
}
