/**
 * A module in a safetensors file: its parameters and states by path, its class's name and its configuration.
 */
import { check } from '../error.ts'
import type { Module } from '../module.ts'
import { Rng } from '../rng.ts'
import { readFileBytes, writeFileAtomic } from './files.ts'
import { parseSafetensors, writeSafetensors } from './safetensors.ts'
import { fillSlots, storedSlots } from './slots.ts'

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
  return writeSafetensors(await storedSlots(module), {
    format: FORMAT,
    version: String(VERSION),
    ...describe(module),
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
  const { tensors, metadata } = parseSafetensors(bytes, { name })
  fillSlots(module, tensors, { name, model: metadata['model'] })
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
    fillSlots(built, file.tensors, { name: path, model })
  } catch (error) {
    built.dispose()
    throw error
  }
  return built
}

/** Class and configuration, as metadata. */
export function describe(module: Module): { readonly model: string; readonly config?: string } {
  const config = configOf(module)
  return { model: module.constructor.name, ...(config === undefined ? {} : { config }) }
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
