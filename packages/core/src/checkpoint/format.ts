/**
 * The formats of our own files: each has a name and a version, and steps that bring an older file up to date.
 */
import { check, WinnowError } from '../error.ts'
import type { Safetensors } from './safetensors.ts'

/** Makes a file of the next version out of one. */
export type Migration = (file: Safetensors) => Safetensors

/** One kind of file. */
export interface FileFormat {
  /** Under the key `format` of the metadata. */
  readonly name: string
  /** What such a file holds, for messages. */
  readonly holds: string
  /** The step at `n` leads from version `n` to `n + 1`: the newest version is the number of steps. */
  readonly migrations: readonly Migration[]
}

/**
 * What `save` writes. Version 0 is a file that names no version, as another program may write it: nothing in it differs.
 */
export const modelFormat: FileFormat = {
  name: 'winnow',
  holds: 'a model',
  migrations: [(file) => file],
}

/**
 * What `fit` writes. Version 0 is a file that names no version; its state may lack what a run can begin without.
 */
export const runFormat: FileFormat = {
  name: 'winnow-run',
  holds: 'the checkpoint of a run',
  migrations: [
    ({ tensors, metadata }) => {
      const state = fieldsOf(metadata['state'])
      if (state === undefined) return { tensors, metadata }
      const optional = { epochSteps: 0, epochSeconds: 0, mean: {}, warnings: [] }
      return {
        tensors,
        metadata: { ...metadata, state: JSON.stringify({ ...optional, ...state }) },
      }
    },
  ],
}

/** What a file of the newest version says of its format. */
export function formatMetadata({ name, migrations }: FileFormat): {
  readonly format: string
  readonly version: string
} {
  return { format: name, version: String(migrations.length) }
}

/**
 * The file as one of the newest version.
 *
 * @param name what errors call the file
 * @throws WinnowError when it is of a newer version than this library knows, or its version is no number
 */
export function upToDate(file: Safetensors, format: FileFormat, name: string): Safetensors {
  const newest = format.migrations.length
  const { version = '0', model = 'no model by name' } = file.metadata
  check(
    /^\d{1,9}$/.test(version) && Number(version) <= newest,
    () =>
      `${name}: holds ${model} in version ${version} of the format '${format.name}', ` +
      `this library reads up to version ${newest}`,
  )
  const migrated = format.migrations
    .slice(Number(version))
    .reduce((older, migrate) => migrate(older), file)
  return { ...migrated, metadata: { ...migrated.metadata, ...formatMetadata(format) } }
}

/** @throws WinnowError when the file is of another format of ours, or (where `strict`) of none */
export function checkFormat(
  { metadata }: Safetensors,
  expected: FileFormat,
  options: { readonly name: string; readonly strict: boolean },
): void {
  const { name, strict } = options
  const { format, model = 'a model' } = metadata
  const other = [modelFormat, runFormat].find((known) => known.name === format)
  if (other === expected || (other === undefined && !strict)) return
  const holds = other === undefined ? (format ?? 'something else') : `${other.holds} of ${model}`
  throw new WinnowError(`${name}: holds ${holds}, expected ${expected.holds}`)
}

/** The object in a JSON text; undefined where there is none, which is refused where the text is read. */
function fieldsOf(text = ''): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
