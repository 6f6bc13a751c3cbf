/**
 * Between the slots of a module and the tensors of a file.
 */
import { type Tensor, type TypedArray, tensor } from '@tensorflow/tfjs-core'
import { check, WinnowError } from '../error.ts'
import { type Module, slots } from '../module.ts'
import type { Slot } from '../slot.ts'
import type { CheckpointTensor } from './safetensors.ts'

/** Every slot's value by path, `prefix` before it. */
export async function storedSlots(
  module: Module,
  prefix = '',
): Promise<(readonly [name: string, tensor: CheckpointTensor])[]> {
  const all: (readonly [string, CheckpointTensor])[] = []
  for (const { path, slot } of slots(module).values()) {
    all.push([prefix + path, await storedTensor(slot.value)])
  }
  return all
}

/** Where values come from, for messages. */
export interface FillSource {
  /** The file's name. */
  readonly name: string
  /** The class whose values the file holds, where it says so. */
  readonly model?: string | undefined
}

/**
 * Puts values into every slot of a module by path: all of them, or none.
 *
 * @throws WinnowError when a path is missing or not expected, or a shape differs
 */
export function fillSlots(
  module: Module,
  tensors: ReadonlyMap<string, CheckpointTensor>,
  { name, model = 'another model' }: FillSource,
): void {
  const named = slots(module)
  const missing = [...named.keys()].filter((path) => !tensors.has(path))
  const foreign = [...tensors.keys()].filter((path) => !named.has(path))
  check(
    missing.length === 0 && foreign.length === 0,
    () =>
      `${name}: holds ${model}, which does not fit this ${module.constructor.name}: ` +
      [list('missing', missing), list('not expected', foreign)].filter(Boolean).join('; '),
  )
  const values = new Map<Slot, CheckpointTensor>()
  for (const { path, slot } of named.values()) {
    const value = tensors.get(path) as CheckpointTensor
    check(
      value.shape.join() === slot.shape.join(),
      () =>
        `${name}: ${path} has shape [${value.shape}], expected [${slot.shape}]` +
        (model === module.constructor.name
          ? ''
          : `; it holds ${model}, this is a ${module.constructor.name}`),
    )
    values.set(slot, value)
  }
  for (const [slot, value] of values) slot.assign(loadedTensor(slot, value, name))
}

/** A file's values as a new tensor of the slot's dtype. */
export function loadedTensor(slot: Slot, { data, shape }: CheckpointTensor, name: string): Tensor {
  if (data instanceof BigInt64Array) {
    throw new WinnowError(`${name}: 64-bit integers came, expected ${slot.dtype}`)
  }
  const values: TypedArray =
    slot.dtype === 'float32'
      ? Float32Array.from(data)
      : slot.dtype === 'bool'
        ? Uint8Array.from(data)
        : Int32Array.from(data)
  return tensor(values, [...shape], slot.dtype)
}

/** A tensor's values as a file holds them. */
export async function storedTensor(value: Tensor): Promise<CheckpointTensor> {
  const data = await value.data()
  const dtype = value.dtype === 'float32' ? 'F32' : value.dtype === 'int32' ? 'I32' : 'BOOL'
  return { dtype, shape: value.shape, data: data as Float32Array | Int32Array | Uint8Array }
}

function list(what: string, paths: readonly string[]): string {
  if (paths.length === 0) return ''
  const shown = paths.slice(0, 3).join(', ')
  return `${what}: ${shown}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''}`
}
