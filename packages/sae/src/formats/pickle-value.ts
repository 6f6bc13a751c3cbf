/** What a pickle of tensors may hold: dictionaries are Maps, lists and tuples arrays, functions and classes words. */
import { check } from '@winnow/core'

export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | TensorView
  | StorageReference
  | PickleName

/** A tensor as the pickle describes it: a view of a storage that lies elsewhere. */
export interface TensorView {
  readonly kind: 'tensor'
  readonly storage: StorageReference
  /** In values, as the strides are. */
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** Where a tensor's values lie: a file of the archive by its key. */
export interface StorageReference {
  readonly kind: 'storage'
  /** `Float`, `Half` and so on. */
  readonly type: string
  readonly key: string
  /** How many values. */
  readonly length: number
}

/** A function or class by name. */
export interface PickleName {
  readonly kind: 'name'
  readonly name: string
}

const orderedDictionary = 'collections.OrderedDict'
const rebuildTensor = 'torch._utils._rebuild_tensor_v2'
const rebuildParameter = 'torch._utils._rebuild_parameter'
const storageClass = /^torch\.(Float|Double|Half|BFloat16|Long|Int|Short|Char|Byte|Bool)Storage$/

/** @throws WinnowError unless it is one of the names that tensors are made of */
export function nameOf(module: string, name: string, file: string): PickleName {
  const full = `${module}.${name}`
  check(
    full === orderedDictionary ||
      full === rebuildTensor ||
      full === rebuildParameter ||
      storageClass.test(full),
    () =>
      `${file}: names '${full}', which no dictionary of tensors needs, so it is refused (nothing was executed); ` +
      'save the state_dict alone',
  )
  return { kind: 'name', name: full }
}

/** What a call of a name gives. */
export function called(
  target: PickleValue | undefined,
  given: PickleValue | undefined,
  file: string,
): PickleValue {
  const name = isKind(target, 'name') ? target.name : ''
  const parts = Array.isArray(given) ? given : []
  if (name === orderedDictionary && parts.length === 0) return new Map()
  const [first, offset, shape, strides] = parts
  if (name === rebuildParameter && isKind(first, 'tensor')) return first
  check(
    name === rebuildTensor &&
      isKind(first, 'storage') &&
      isCount(offset) &&
      isCounts(shape) &&
      isCounts(strides) &&
      shape.length === strides.length,
    () => `${file}: calls ${name === '' ? 'what is no function' : name} with what it does not take`,
  )
  return { kind: 'tensor', storage: first, offset, shape, strides }
}

/** What a persistent id stands for: `('storage', class, key, place, length)`. */
export function storageOf(id: PickleValue | undefined, file: string): StorageReference {
  const [kind, type, key, , length] = Array.isArray(id) ? id : []
  const found = isKind(type, 'name') ? storageClass.exec(type.name)?.[1] : undefined
  check(
    kind === 'storage' && found !== undefined && typeof key === 'string' && isCount(length),
    () => `${file}: refers to something outside that is no storage of a tensor`,
  )
  return { kind: 'storage', type: found, key, length }
}

/** Whether it is a tensor, a storage or a name. */
export function isKind<K extends 'tensor' | 'storage' | 'name'>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { readonly kind: K }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isCount)
}
