/**
 * A module in a safetensors file: its parameters and states by path, its class's name and its configuration.
 */
import { type Tensor, type TypedArray, tensor } from '@tensorflow/tfjs-core'
import { check, WinnowError } from '../error.ts'
import { type Module, slots } from '../module.ts'
import { Rng } from '../rng.ts'
import type { Slot } from '../slot.ts'
import { readFileBytes, writeFileAtomic } from './files.ts'
import {
  type CheckpointTensor,
  parseSafetensors,
  type Safetensors,
  writeSafetensors,
} from './safetensors.ts'

const FORMAT = 'winnow'
const VERSION = 1

/** A class that {@link restore} can build: `new Model(config, rng)`. */
export type ModelClass<M extends Module, C> = new (config: C, rng: Rng) => M

/** Writes a module to a file, beside it first and then renamed, so that a broken save leaves the old file. */
export async function save(module: Module, path: string): Promise<void> {
  await writeFileAtomic(path, await serialise(module))
}

/** The bytes that {@link save} writes: for a browser's download, or a store of one's own. */
export async function serialise(module: Module): Promise<Uint8Array> {
  const tensors: [string, CheckpointTensor][] = []
  for (const { path, slot } of slots(module).values()) tensors.push([path, await stored(slot)])
  const config = configOf(module)
  return writeSafetensors(tensors, {
    format: FORMAT,
    version: String(VERSION),
    model: module.constructor.name,
    ...(config === undefined ? {} : { config }),
  })
}

/**
 * Puts a file's values into a module of the same structure: all of them, or none.
 *
 * @throws WinnowError when the file is missing, broken, or another model's: it names what differs
 */
export async function load(module: Module, path: string): Promise<void> {
  deserialise(module, await readFileBytes(path), { name: path })
}

/** {@link load} from bytes. */
export function deserialise(
  module: Module,
  bytes: Uint8Array,
  options: { readonly name?: string } = {},
): void {
  const { name = 'checkpoint' } = options
  fill(module, parseSafetensors(bytes, { name }), name)
}

/**
 * Builds a model from its own file: `const vae = await restore(VAE, 'vae.safetensors')`.
 *
 * @throws WinnowError as {@link load}, and when the configuration was not plain JSON and so is not in the file
 */
export async function restore<M extends Module, C>(
  Model: ModelClass<M, C>,
  path: string,
): Promise<M> {
  const file = parseSafetensors(await readFileBytes(path), { name: path })
  const { model, config, version } = file.metadata
  check(
    version === undefined || Number(version) <= VERSION,
    () =>
      `${path}: written in version ${version} of the format, this library reads up to ${VERSION}`,
  )
  check(
    model === Model.name,
    () => `${path}: holds ${model ?? 'no model of ours'}, expected ${Model.name}`,
  )
  check(
    config !== undefined,
    () =>
      `${path}: no configuration is stored (it was not plain JSON): build the ${model}, then load(model, path)`,
  )
  const built = new Model(JSON.parse(config) as C, new Rng(0))
  try {
    fill(built, file, path)
  } catch (error) {
    built.dispose()
    throw error
  }
  return built
}

function fill(module: Module, { tensors, metadata }: Safetensors, name: string): void {
  const named = slots(module)
  const missing = [...named.keys()].filter((path) => !tensors.has(path))
  const foreign = [...tensors.keys()].filter((path) => !named.has(path))
  check(
    missing.length === 0 && foreign.length === 0,
    () =>
      `${name}: holds ${metadata['model'] ?? 'another model'}, which does not fit this ${module.constructor.name}: ` +
      [list('missing', missing), list('not expected', foreign)].filter(Boolean).join('; '),
  )
  const values = new Map<Slot, CheckpointTensor>()
  for (const { path, slot } of named.values()) {
    const value = tensors.get(path) as CheckpointTensor
    check(
      value.shape.join() === slot.shape.join(),
      () => `${name}: ${path} has shape [${value.shape}], expected [${slot.shape}]`,
    )
    values.set(slot, value)
  }
  for (const [slot, value] of values) slot.assign(toTensor(slot, value, name))
}

function toTensor(slot: Slot, { data, shape }: CheckpointTensor, name: string): Tensor {
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

async function stored(slot: Slot): Promise<CheckpointTensor> {
  const data = await slot.value.data()
  const dtype = slot.dtype === 'float32' ? 'F32' : slot.dtype === 'int32' ? 'I32' : 'BOOL'
  return { dtype, shape: slot.shape, data: data as Float32Array | Int32Array | Uint8Array }
}

/** The configuration as JSON, if nothing of it would be lost. */
function configOf(module: Module): string | undefined {
  const config = (module as { config?: unknown }).config
  if (config === undefined || !isJson(config)) return undefined
  return JSON.stringify(config)
}

function isJson(value: unknown): boolean {
  if (value === null || ['string', 'boolean'].includes(typeof value)) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  if (typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return false
  return Object.values(value).every((field) => field === undefined || isJson(field))
}

function list(what: string, paths: readonly string[]): string {
  if (paths.length === 0) return ''
  const shown = paths.slice(0, 3).join(', ')
  return `${what}: ${shown}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''}`
}
