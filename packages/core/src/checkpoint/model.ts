/**
 * A module in a safetensors file: its parameters and states by path, its class's name and its configuration.
 */
import { buildLimit, buildWithin } from '../build-scope.ts'
import { check, WinnowError } from '../error.ts'
import type { Module } from '../module.ts'
import { Rng } from '../rng.ts'
import { readFileBytes, writeFileAtomic } from './files.ts'
import { checkFormat, formatMetadata, modelFormat, upToDate } from './format.ts'
import {
  type CheckpointTensor,
  parseSafetensors,
  type Safetensors,
  writeSafetensors,
} from './safetensors.ts'
import { fillSlots, storedSlots } from './slots.ts'

type NamedTensor = readonly [name: string, tensor: CheckpointTensor]

/** Numbers from here on would be rounded to infinity. */
const BEYOND_FLOAT16 = 65520

/**
 * A class that {@link restore} can build: `new Model(config, rng)`. Files know it by its name. Bundlers shorten the names of
 * classes, so one that a built page reads says its own: `static override readonly name: string = 'Model'`.
 */
export type ModelClass<M extends Module, C> = new (config: C, rng: Rng) => M

/** Options of {@link save} and {@link serialise}. */
export interface SaveOptions {
  /** `float16` halves the file: numbers are rounded to 11 bits, and come back as float32. `float32` by default. */
  readonly precision?: 'float32' | 'float16'
}

/**
 * Writes a module to a file, beside it first and then renamed, so that a broken save leaves the old file.
 *
 * @throws WinnowError when it cannot be written, or a value is beyond float16 where that was asked for
 */
export async function save(module: Module, path: string, options?: SaveOptions): Promise<void> {
  await writeFileAtomic(path, await serialise(module, options))
}

/** The bytes that {@link save} writes: for a browser's download, or a store of one's own. */
export async function serialise(
  module: Module,
  { precision = 'float32' }: SaveOptions = {},
): Promise<Uint8Array> {
  const stored = await storedSlots(module)
  return writeSafetensors(precision === 'float16' ? stored.map(halved) : stored, {
    ...formatMetadata(modelFormat),
    ...describe(module),
  })
}

function halved([name, tensor]: NamedTensor): NamedTensor {
  const { dtype, data } = tensor
  if (dtype !== 'F32') return [name, tensor]
  const beyond = (data as Float32Array).find(
    (value) => Number.isFinite(value) && Math.abs(value) >= BEYOND_FLOAT16,
  )
  check(
    beyond === undefined,
    () => `save: precision: ${name} holds ${beyond}, more than float16 can: expected float32`,
  )
  return [name, { ...tensor, dtype: 'F16' }]
}

/**
 * Puts a file's values into a module of the same structure: all of them, or none.
 *
 * @throws WinnowError when the file is missing, broken, of a newer version, or another model's: it names what differs
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
  const { tensors, metadata } = modelFile(bytes, name)
  fillSlots(module, tensors, { name, model: metadata['model'] })
}

/**
 * Builds a model from its own file: `const vae = await restore(VAE, 'vae.safetensors')`, or from the bytes of one.
 *
 * @param options.name what errors call it, where bytes came
 * @throws WinnowError as {@link load}, when the configuration was not plain JSON and so is not in the file, and when it
 *   describes a model far larger than the file
 */
export async function restore<M extends Module, C>(
  Model: ModelClass<M, C>,
  source: string | Uint8Array,
  options: { readonly name?: string } = {},
): Promise<M> {
  const path = typeof source === 'string' ? source : (options.name ?? 'checkpoint')
  const bytes = typeof source === 'string' ? await readFileBytes(source) : source
  const { tensors, metadata } = modelFile(bytes, path)
  const { model, config } = metadata
  check(
    model === Model.name,
    () =>
      `${path}: holds ${model ?? 'no model of ours'}, expected ${Model.name}` +
      (model !== undefined && Model.name.length < 3
        ? `; is that ${model}, its name shortened by a bundler? Then give the class \`static override readonly name: string = '${model}'\``
        : ''),
  )
  check(
    config !== undefined,
    () =>
      `${path}: no configuration is stored (it was not plain JSON): build the ${model}, then load(model, path)`,
  )
  const sizes = [...tensors.values()].map(({ data }) => data.length)
  const built = inWords(path, model, () =>
    buildWithin(
      buildLimit(sizes),
      () =>
        new WinnowError(
          `${path}: the ${model} that its configuration describes is far larger than the ` +
            `${sizes.reduce((sum, size) => sum + size, 0)} values in the file`,
        ),
      () => new Model(JSON.parse(config) as C, new Rng(0)),
    ),
  )
  try {
    fillSlots(built, tensors, { name: path, model })
  } catch (error) {
    built.dispose()
    throw error
  }
  return built
}

/** A model's file in the newest version; another program's safetensors as it is. */
function modelFile(bytes: Uint8Array, name: string): Safetensors {
  const file = parseSafetensors(bytes, { name })
  checkFormat(file, modelFormat, { name, strict: false })
  return file.metadata['format'] === modelFormat.name ? upToDate(file, modelFormat, name) : file
}

/** A constructor takes for granted that its configuration is of the right type; a file's may be anything. */
function inWords<T>(path: string, model: string, build: () => T): T {
  try {
    return build()
  } catch (cause) {
    if (cause instanceof WinnowError) throw cause
    throw new WinnowError(
      `${path}: no ${model} can be built with the configuration in it: ${(cause as Error).message}`,
      { cause },
    )
  }
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
